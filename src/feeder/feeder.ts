import { faultPoint } from '../fault.js';
import { RqError, type ErrorCode } from '../domain/error.js';
import type { Log } from '../log.js';
import { hasClaimable } from '../queue/claim.js';
import { readNodes, runningAttempts, setNodeState, type NodeRow } from '../queue/nodes.js';
import { canEverClaim } from '../queue/prospects.js';
import type { Queue } from '../queue/queue.js';
import type { RunnerClient } from '../runner/client.js';
import { Bell } from './bell.js';
import { ClaimGate } from './claim-gate.js';
import { JobStopper } from './job-stopper.js';
import { Ledger } from './ledger.js';
import type { NodePlace } from './node-place.js';
import type { FeedOptions } from './options.js';
import { forgetJob, forgetOtherJobs, startJob } from './start-job.js';
import { tick } from './tick.js';

/**
 * What the feeder is about. `draining`: finish what runs, take nothing new. `stopping`: end the jobs.
 * `leaving`: go at once and leave jobs and runner to a successor.
 */
export type FeederMode = 'feeding' | 'draining' | 'stopping' | 'leaving';

/** After a 'go' or an ending, others of the same moment join the tick: one transaction for all. */
const GATHER_MS = 3;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 30_000;
/** What waiting does not cure. */
const FATAL: ReadonlySet<ErrorCode> = new Set(['queue-not-found', 'queue-moved', 'queue-too-new']);

interface FeederParts {
  readonly queue: Queue;
  readonly place: NodePlace;
  readonly node: NodeRow;
  readonly runner: RunnerClient;
  readonly log: Log;
  readonly options: FeedOptions;
}

/**
 * Takes jobs for one node and records how they end. The loop waits for a bell (a wake-up, a report of the
 * runner, a signal, a timer) and then does one tick; everything that happens meanwhile is only noted.
 */
export class Feeder {
  readonly bell = new Bell();
  readonly #parts: FeederParts;
  #node: NodeRow;
  #mode: FeederMode = 'feeding';
  readonly #ledger: Ledger;
  readonly #stopper: JobStopper;
  readonly #gate: ClaimGate;
  /** Cleared when a look found nothing to claim; set by every wake-up. */
  #mayHaveWork = true;
  #wakes = 0;
  #isNodeStale = true;
  /** Shells that the runner was told to keep armed; each go takes one off. */
  #wanted = 0;
  /** Looks that claimed, or found nothing: what `loops` counts. */
  #ticks = 0;
  #failures = 0;
  #runnerLost = false;

  constructor(parts: FeederParts) {
    const { queue, runner, log, place } = parts;
    this.#parts = parts;
    this.#node = parts.node;
    this.#ledger = new Ledger(log);
    const graceMs = queue.settings.values.stop_grace_ms;
    const ring = (): void => this.bell.ring();
    this.#stopper = new JobStopper({ runner, log, graceMs, ring });
    this.#gate = new ClaimGate({ place, log, ring });
  }

  /** Later orders win unless a stronger one is being obeyed: stopping never goes back to draining. */
  order(mode: FeederMode): void {
    const strength: readonly FeederMode[] = ['feeding', 'draining', 'leaving', 'stopping'];
    if (strength.indexOf(mode) > strength.indexOf(this.#mode)) this.#mode = mode;
    this.bell.ring();
  }

  get mode(): FeederMode {
    return this.#mode;
  }

  /** Something may have become claimable. */
  wake(): void {
    this.#wakes += 1;
    this.#mayHaveWork = true;
    this.#isNodeStale = true;
    this.bell.ring();
  }

  /** Runs until the mode, `loops` or `untilEmpty` ends it. @throws RqError `runner-failed` when the co-process is gone */
  async run(): Promise<void> {
    this.#takeOver();
    const lookAgain = setInterval(
      () => this.wake(),
      this.#parts.queue.settings.values.full_tick_ms,
    );
    try {
      for (;;) {
        this.#armShells();
        if (this.#mode === 'stopping') this.#stopper.step([...this.#ledger.running.keys()]);
        if (await this.#isDone()) return;
        if (!this.#isTickDue()) await this.bell.wait();
        if (this.#runnerLost) throw new RqError('runner-failed', 'the runner is gone');
        if (this.#ledger.settlements.size > 0 || this.#ledger.armed.size > 0)
          await this.bell.settle(GATHER_MS);
        await this.#tickIfDue();
      }
    } finally {
      clearInterval(lookAgain);
    }
  }

  /** Adopts what the runner still runs, and listens to it from now on. */
  #takeOver(): void {
    const { queue, runner, place } = this.#parts;
    const attempts = queue.read((db) => runningAttempts(db, this.#node.id));
    this.#ledger.adopt(attempts, runner);
    forgetOtherJobs(place, new Set(this.#ledger.running.keys()));
    runner.on('armed', (shell) => {
      this.#ledger.armed.set(shell.token, shell);
      this.bell.ring();
    });
    runner.on('disarmed', (token) => this.#ledger.armed.delete(token));
    runner.on('ended', (ending) => {
      this.#ledger.ended(this.#gate.ended(ending), this.#stopper.hasStopped(ending));
      this.bell.ring();
    });
    runner.on('closed', () => {
      this.#runnerLost = true;
      this.bell.ring();
    });
  }

  #armShells(): void {
    if (this.#isNodeStale) this.#readNode();
    const isTaking = this.#mode === 'feeding' && !this.#loopsAreOver();
    const free = isTaking ? Math.max(0, this.#node.slots - this.#ledger.running.size) : 0;
    if (free === this.#wanted) return;
    this.#wanted = free;
    this.#parts.runner.arm(free);
  }

  /** The number of slots may have been changed from outside. A queue that is away keeps the last one. */
  #readNode(): void {
    const { queue } = this.#parts;
    try {
      const nodes = queue.read(readNodes);
      this.#node = nodes.find(({ id }) => id === this.#node.id) ?? this.#node;
      this.#isNodeStale = false;
    } catch (error) {
      if (!(error instanceof RqError)) throw error;
    }
  }

  async #isDone(): Promise<boolean> {
    if (this.#mode === 'leaving') return this.#ledger.settlements.size === 0;
    if (this.#ledger.running.size > 0 || this.#ledger.settlements.size > 0) return false;
    if (this.#mode !== 'feeding' || this.#loopsAreOver()) return true;
    const { queue, options } = this.#parts;
    if (options.untilEmpty !== true || this.#mayHaveWork) return false;
    const anyUser = options.anyUser ?? false;
    return !queue.read((db) => canEverClaim(db, { node: this.#node, anyUser }));
  }

  #loopsAreOver(): boolean {
    const { loops } = this.#parts.options;
    return loops !== undefined && this.#ticks >= loops;
  }

  #isTickDue(): boolean {
    return this.#ledger.settlements.size > 0 || (this.#wantsWork() && this.#ledger.armed.size > 0);
  }

  #wantsWork(): boolean {
    return this.#mayHaveWork && this.#mode === 'feeding' && !this.#gate.isPausing;
  }

  async #tickIfDue(): Promise<void> {
    if (!this.#isTickDue()) return;
    try {
      const claims = this.#wantsWork() && this.#lookBeforeLease() && this.#gate.mayClaim();
      if (!claims && this.#ledger.settlements.size === 0) return;
      await this.#tick(claims);
      this.#failures = 0;
    } catch (error) {
      await this.#afterFailure(error);
    }
  }

  /** A read costs a quarter of a transaction and no lease, so that a wake-up is no stampede. */
  #lookBeforeLease(): boolean {
    const { queue, options } = this.#parts;
    const params = { node: this.#node, anyUser: options.anyUser ?? false };
    // Sampled before the look: what comes after it rings the bell again.
    this.#mayHaveWork = false;
    const claimable = queue.read((db) => hasClaimable(db, params));
    if (claimable) this.#mayHaveWork = true;
    else this.#ticks += 1;
    return claimable;
  }

  async #tick(claims: boolean): Promise<void> {
    const { queue, log, options, runner, place } = this.#parts;
    const settlements = [...this.#ledger.settlements.values()];
    const room = Math.max(0, this.#node.slots - this.#ledger.running.size + settlements.length);
    const shells = claims ? [...this.#ledger.armed.values()].slice(0, room) : [];
    const wakes = this.#wakes;
    const result = await tick(queue, {
      node: this.#node,
      settlements,
      shells,
      anyUser: options.anyUser ?? false,
    });
    if (shells.length > 0) this.#ticks += 1;
    // Unless somebody rang meanwhile: that work may be newer than our look.
    const isExhausted = result.claimed.length < shells.length && wakes === this.#wakes;
    if (claims && isExhausted) this.#mayHaveWork = false;

    runner.settled(settlements.map(({ ending }) => ending.token));
    for (const { ending } of settlements) forgetJob(place, ending.token);
    this.#ledger.settled(settlements, result.refused);
    this.#ledger.claimed(result.claimed);
    this.#wanted -= result.claimed.length;
    for (const claimed of result.claimed)
      this.#gate.tried(claimed.token, startJob(this.#parts, claimed, result.goUntilUptimeMs));
    if (result.claimed.length > 0) faultPoint('go-sent');
    log.debug('tick', { settled: settlements.length, claimed: result.claimed.length });
  }

  /** The queue is away, full or read-only: jobs run on, results wait here and in the spool, and it is tried again. */
  async #afterFailure(error: unknown): Promise<void> {
    if (!(error instanceof RqError)) throw error;
    if (FATAL.has(error.code)) throw error;
    this.#failures += 1;
    const { code, message } = error;
    this.#parts.log.error('tick.failed', { code, message, failures: this.#failures });
    const retryMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(this.#failures - 1, 8));
    await this.bell.wait(retryMs);
    this.#mayHaveWork = true;
  }

  /** Says in the queue that this node takes nothing any more. */
  async signOff(): Promise<void> {
    await this.#parts.queue.write('sign-off', (tx) => setNodeState(tx, this.#node, 'stopped'));
  }
}
