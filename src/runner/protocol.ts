import { constants } from 'node:os';
import * as v from 'valibot';

/**
 * What feeder and runner say to each other: one JSON object a line over the runner's Unix socket.
 *
 * The feeder speaks first (`hello`); the runner answers `welcome` only when every earlier connection
 * is closed and every shell armed for it is gone, so that an old feeder's claim can no longer start.
 * A *token* names one armed shell and the attempt that runs in it: 16 random hex digits.
 */
export const PROTOCOL_VERSION = 1;
/** A longer line ends the connection. A script holds a job's environment, so it may be long. */
export const LINE_LENGTH_MAX = 16 << 20;

const Token = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const Pid = v.pipe(v.number(), v.integer(), v.minValue(2));
const Whole = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A shell that waits for its go: claimable. */
export const ArmedShell = v.strictObject({ token: Token, pid: Pid, pidStart: Whole });
export type ArmedShell = v.InferOutput<typeof ArmedShell>;

/**
 * What became of an attempt.
 *
 * `unrun`: proof that its command never started (shell gone, no marker). `ended`: the shim saw it
 * end. `lost`: shim and runner were both killed; the result cannot be known.
 */
export const Ending = v.strictObject({
  token: Token,
  outcome: v.picklist(['unrun', 'ended', 'lost']),
  exitStatus: v.nullable(Whole),
  signal: v.nullable(v.string()),
  elapsedSeconds: v.nullable(v.number()),
  cpuSeconds: v.nullable(v.number()),
  maxRssKib: v.nullable(Whole),
  /** Why the job's shell could not start its command, or was not told to, if so. */
  reason: v.nullable(v.string()),
});
export type Ending = v.InferOutput<typeof Ending>;

export const Request = v.variant('op', [
  v.strictObject({
    op: v.literal('hello'),
    version: v.number(),
    cookie: v.string(),
    feederPid: Pid,
    /** How to start the feeder again should it die: argv after node, or null to leave it dead. `keep`: a
     * neighbour who stands in for a feeder that is gone, which is then started again as it would have been. */
    restart: v.nullable(v.union([v.array(v.string()), v.literal('keep')])),
  }),
  /** Keep this many shells armed; fewer: the surplus is let go. Each `go` takes one off the number. */
  v.strictObject({ op: v.literal('arm'), shells: Whole }),
  /**
   * Run `script` (POSIX sh text that ends in exec) in the armed shell. Void when it reaches the shell
   * after `deadlineCs`, in hundredths of a second of /proc/uptime.
   */
  v.strictObject({
    op: v.literal('go'),
    token: Token,
    deadlineCs: Whole,
    script: v.string(),
  }),
  /** These endings are committed: forget them and their spool. */
  v.strictObject({ op: v.literal('settled'), tokens: v.array(Token) }),
  /** Send a signal to every process of the attempts' sessions. */
  v.strictObject({ op: v.literal('signal'), tokens: v.array(Token), signal: v.string() }),
  /** The feeder goes away on purpose: do not restart it; exit when nothing runs and all is settled. */
  v.strictObject({ op: v.literal('bye') }),
]);
export type Request = v.InferOutput<typeof Request>;

export const Report = v.variant('op', [
  v.strictObject({
    op: v.literal('welcome'),
    version: v.number(),
    runnerPid: Pid,
    /** Random id of the spool: a new one means that earlier attempts cannot be proven. */
    spool: v.string(),
    bootId: v.string(),
    /** Attempts whose marker exists and that have not ended. */
    running: v.array(v.strictObject({ token: Token, pid: Pid, pidStart: Whole })),
    /** Endings that no feeder has settled yet. */
    endings: v.array(Ending),
  }),
  v.strictObject({ op: v.literal('refused'), reason: v.string() }),
  v.strictObject({ op: v.literal('armed'), shell: ArmedShell }),
  /** An armed shell is gone before any go: do not claim for it. */
  v.strictObject({ op: v.literal('disarmed'), token: Token }),
  v.strictObject({ op: v.literal('ended'), ending: Ending }),
]);
export type Report = v.InferOutput<typeof Report>;

export function isSignal(name: string): name is NodeJS.Signals {
  return name in constants.signals;
}
