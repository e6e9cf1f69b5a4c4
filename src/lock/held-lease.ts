import { writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../domain/error.js';
import { faultPoint } from '../fault.js';
import { uptimeMs } from '../host/uptime.js';
import { SLOT, get, set } from './beat-state.js';
import { type LeaseHolder, peekHolder } from './holder.js';
import type { Hold, LeaseFiles } from './lease-files.js';
import type { LeaseTimes } from './times.js';

/** The right to write, held. */
export interface Lease {
  /** The fencing number: higher than that of every earlier holder. */
  readonly generation: number;
  /** The generation before it was not there: a new queue, or somebody emptied the lease directory. */
  readonly wasEmpty: boolean;
  /** The holder before us did not release. */
  readonly stole: boolean;
  /** The file server's time just before the acquisition, epoch ms. */
  readonly stampMs: number;
  /** Our monotonic clock at that moment. */
  readonly stampMonotonicMs: number;
  /**
   * Returns only if the lease is still ours by a fresh look and lasts `neededMs` more. Otherwise it
   * writes one line to stderr and ends this process by SIGKILL: whoever comes too late must neither
   * COMMIT nor ROLLBACK, for the file may have a new writer.
   */
  assertHeld(neededMs: number): void;
  /** Still ours, by a fresh look? Throws the system's error when it cannot look. */
  isHeld(): boolean;
  /** Until our own limit, counted from the start of the last good beat; suspension counts. */
  remainingMs(): number;
  lastBeatUptimeMs(): number;
  /** The main thread lives: the worker beats for it only as long as it says so now and then. */
  moved(): void;
  /**
   * Gives the lease back. A second call, or one of a lost lease, does nothing; neither is it an error
   * when the file server does not answer.
   */
  release(): Promise<void>;
}

export class HeldLease implements Lease {
  readonly generation: number;
  readonly wasEmpty: boolean;
  readonly stole: boolean;
  readonly stampMs: number;
  readonly stampMonotonicMs: number;
  readonly #files: LeaseFiles;
  readonly #hold: Hold;
  readonly #times: LeaseTimes;
  readonly #lastBeat: () => number;
  #release: (() => Promise<void>) | null;

  constructor(params: {
    files: LeaseFiles;
    hold: Hold;
    times: LeaseTimes;
    release: () => Promise<void>;
  }) {
    const { hold, files } = params;
    this.generation = hold.generation;
    this.wasEmpty = hold.wasEmpty;
    this.stole = hold.stole;
    this.stampMs = files.participant.stamp.serverMs;
    this.stampMonotonicMs = files.participant.stamp.monotonicMs;
    this.#files = files;
    this.#hold = hold;
    this.#times = params.times;
    this.#release = params.release;
    const { state } = files.participant;
    this.#lastBeat = () => get(state, SLOT.beatStart);
  }

  assertHeld(neededMs: number): void {
    let problem: string | null;
    try {
      problem = this.isHeld() ? null : 'lost';
    } catch (error) {
      problem = `cannot be seen (${error instanceof Error ? error.message : String(error)})`;
    }
    // After the look, which may have taken its time.
    const remaining = this.remainingMs();
    if (problem === null && remaining >= neededMs) return;
    problem ??= `too old: ${seconds(remaining)} left of the ${seconds(neededMs)} that a commit needs`;
    this.#die(problem);
  }

  isHeld(): boolean {
    return this.#files.hold === this.#hold && this.#files.isHeld();
  }

  remainingMs(): number {
    const { state } = this.#files.participant;
    const isLost = get(state, SLOT.lost) === this.generation;
    if (isLost || this.#files.hold !== this.#hold) return 0;
    return this.#times.selfLimitMs - (uptimeMs() - this.#lastBeat());
  }

  lastBeatUptimeMs(): number {
    return this.#lastBeat();
  }

  moved(): void {
    set(this.#files.participant.state, SLOT.moved, uptimeMs());
  }

  async release(): Promise<void> {
    const release = this.#release;
    this.#release = null;
    try {
      await release?.();
    } catch (error) {
      if (systemCode(error) === null) throw error;
    }
    faultPoint('lease-released');
  }

  #die(problem: string): never {
    const { directory } = this.#files.participant;
    let holder: LeaseHolder | null = null;
    // A name is worth a look only when somebody else has it.
    if (problem === 'lost') holder = peekHolder(directory);
    const by = holder === null ? '' : `, held by ${holder.host} pid ${holder.pid}`;
    const line = `rq: lease on ${dirname(directory)} ${problem} (generation ${this.generation}${by}): stopping before the commit\n`;
    try {
      writeSync(2, line);
    } catch {
      // Nobody reads it.
    }
    process.kill(process.pid, 'SIGKILL');
    // The signal is there before kill returns; should it not be, nothing may go on all the same.
    process.abort();
  }
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}
