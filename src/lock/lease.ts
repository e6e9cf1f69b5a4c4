import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as ProperLockfile from 'proper-lockfile';
import { RqError, systemCode } from '../domain/error.js';
import { monotonicMs } from '../host/uptime.js';
import { BeatThread } from './beat-thread.js';
import { HeldLease, type Lease } from './held-lease.js';
import { callbackFiles } from './callback-files.js';
import { explainFileError } from '../domain/file-error.js';
import { type LeaseHolder, peekHolder, seenHolder } from './holder.js';
import { LeaseFiles } from './lease-files.js';
import { ForeignMarks, MARK_AFTER_MS, OwnMark } from './marks.js';
import { deferSignals, resumeSignals, withoutSignalHooks } from './signals.js';
import type { LeaseTimes } from './times.js';
import { delayMs, standBackMs } from './wait.js';

export { type Lease, type LeaseHolder, peekHolder };

export interface LeaseParams {
  /** The queue's lease directory; made anew if somebody removed it. */
  readonly directory: string;
  readonly times: LeaseTimes;
  /** The highest generation known to be used; the new one is above it. */
  readonly floor: () => number;
  /** Null: no limit. */
  readonly waitMs: number | null;
  /** For work that may outlast a beat: another thread beats while this one is busy. */
  readonly beatFromWorker: boolean;
  readonly signal?: AbortSignal;
  /** Told at the first failed look and then at most twice a second. */
  readonly onWait?: (holder: LeaseHolder | null, waitedMs: number) => void;
}

const TELL_EVERY_MS = 500;
/**
 * proper-lockfile's own timer and threshold, ms: the longest that its timer takes (24 days; `update`
 * is at most half of `stale`). Its beats are ours, and what is stale LeaseFiles says.
 */
const UPDATE_MS = 2 ** 31 - 1;

/** All that one process knows of one lease directory, between its acquisitions too. */
class Contender {
  readonly files: LeaseFiles;
  /** Kept: proper-lockfile notes on it what it learnt of mtimes. */
  readonly fs: object;
  readonly beats: BeatThread;
  readonly mark: OwnMark;
  readonly foreignMarks: ForeignMarks;
  /** Monotonic: until then we let those go first who waited when we released. */
  standBackUntil = 0;

  constructor(directory: string) {
    this.files = new LeaseFiles(directory);
    this.fs = callbackFiles(this.files);
    const { participant } = this.files;
    this.beats = new BeatThread(participant);
    this.mark = new OwnMark(directory, participant.id);
    this.foreignMarks = new ForeignMarks(participant.id);
  }
}

const contenders = new Map<string, Contender>();

/**
 * Waits for the write lease of a queue and takes it.
 *
 * The lease says who may write; it cannot stop a holder that stalled. So a holder calls `assertHeld`
 * just before it commits, and the generation it committed refuses whoever comes too late.
 *
 * @throws RqError `queue-busy` after `waitMs`, naming the holder; `interrupted` on abort;
 * `queue-not-found`, `no-permission`, `read-only`, `no-space` or `queue-away` by what the file
 * system says.
 */
export async function acquireLease(params: LeaseParams): Promise<Lease> {
  const directory = resolve(params.directory);
  const contender = contenderOf(directory);
  const began = monotonicMs();
  let toldAt = -Infinity;
  await standBack(contender, params, began);
  try {
    for (;;) {
      throwIfAborted(params.signal);
      contender.files.prepare(params);
      const unlock = await tryLock(directory, contender);
      const now = monotonicMs();
      if (unlock !== null) {
        const lease = await hold(contender, params, unlock);
        if (lease !== null) return lease;
      }
      const waitedMs = now - began;
      if (now - toldAt >= TELL_EVERY_MS) {
        toldAt = now;
        params.onWait?.(seenHolder(contender.files), waitedMs);
      }
      if (params.waitMs !== null && waitedMs >= params.waitMs) throw busy(contender, waitedMs);
      if (waitedMs >= MARK_AFTER_MS) contender.mark.keep();
      await pause(nextDelayMs(contender, params, waitedMs), params.signal);
    }
  } catch (error) {
    throw explainFileError(error, directory);
  } finally {
    contender.mark.remove();
  }
}

function contenderOf(directory: string): Contender {
  let contender = contenders.get(directory);
  if (contender === undefined) {
    if (contenders.size === 0) process.once('exit', leave);
    contender = new Contender(directory);
    contenders.set(directory, contender);
  }
  return contender;
}

/** At the end of the process. No COMMIT can follow any more, so a hold may be given back too. */
function leave(): void {
  for (const { files, mark } of contenders.values()) {
    try {
      if (files.hold !== null) files.rmdirSync();
    } catch {
      // Others will find this process gone.
    }
    mark.remove();
    files.participant.remove();
  }
}

let lockfile: typeof ProperLockfile | null = null;

/** Loaded with the first lease: a command that only reads needs none. */
function loadLockfile(): typeof ProperLockfile {
  const require = createRequire(import.meta.url);
  lockfile ??= withoutSignalHooks<typeof ProperLockfile>(() => require('proper-lockfile'));
  return lockfile;
}

/** One attempt; null when somebody else holds the lease. */
async function tryLock(
  directory: string,
  contender: Contender,
): Promise<(() => Promise<void>) | null> {
  const { files } = contender;
  try {
    return await loadLockfile().lock(directory, {
      fs: contender.fs,
      realpath: false,
      stale: 2 * UPDATE_MS,
      update: UPDATE_MS,
      // Never thrown from a timer: a holder asks `assertHeld` before it commits.
      onCompromised: () => {},
    });
  } catch (error) {
    if (systemCode(error) === 'ELOCKED') return null;
    throw error;
  } finally {
    files.settled();
  }
}

async function hold(
  contender: Contender,
  params: LeaseParams,
  unlock: () => Promise<void>,
): Promise<Lease | null> {
  const won = contender.files.hold;
  if (won === null) return null;
  deferSignals();
  const lease = new HeldLease({
    files: contender.files,
    hold: won,
    times: params.times,
    release: async () => {
      try {
        const marks = contender.files.entries?.marks ?? [];
        if (contender.files.hold === won) await unlock();
        if (contender.foreignMarks.anyLive(marks)) {
          contender.standBackUntil = monotonicMs() + standBackMs(contender.files.cost.ms);
        }
      } catch (error) {
        // What was to be written is written by now; others wait until the TTL has passed.
        if (systemCode(error) === null) throw error;
      } finally {
        resumeSignals();
      }
    },
  });
  if (params.beatFromWorker) contender.beats.start();
  // The server took so long that little is left of our own limit: no good start for a transaction.
  if (lease.remainingMs() >= params.times.selfLimitMs / 2) return lease;
  await lease.release();
  return null;
}

async function standBack(contender: Contender, params: LeaseParams, now: number): Promise<void> {
  const restMs = contender.standBackUntil - now;
  contender.standBackUntil = 0;
  if (restMs > 0) await pause(Math.min(restMs, params.waitMs ?? restMs), params.signal);
}

function nextDelayMs(contender: Contender, params: LeaseParams, waitedMs: number): number {
  const delay = delayMs({
    lookMs: contender.files.cost.ms,
    waitedMs,
    heldMs: contender.files.watch.heldMsAtLeast(),
    times: params.times,
  });
  return params.waitMs === null ? delay : Math.min(delay, Math.max(1, params.waitMs - waitedMs));
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new RqError('interrupted', 'interrupted while waiting for the queue');
  }
}

function busy(contender: Contender, waitedMs: number): RqError {
  const holder = seenHolder(contender.files);
  const by =
    holder === null
      ? 'others were faster each time'
      : `${holder.host} pid ${holder.pid} writes` +
        (holder.heldMs === null ? '' : ` since ${seconds(holder.heldMs)}`);
  return new RqError('queue-busy', `the queue is busy: ${by}; waited ${seconds(waitedMs)}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
