import { randomHex } from '../host/random.js';
import type { Log } from '../log.js';
import { isArmed } from './attempt-table.js';
import type { Attempt, AttemptTable } from './attempt-table.js';
import { signalAttempt } from './judge.js';
import type { Slots } from './slots.js';
import type { Spool } from './spool.js';

/** After a failure to arm (disk full, no process left) the next try comes this much later. */
const RETRY_MS = 1_000;
/** An armed shell that was let go and has not left by then is stopped or stuck: it is killed. */
const LEAVE_MS = 2_000;

export interface ArmingParams {
  readonly table: AttemptTable;
  readonly slots: Slots;
  readonly spool: Spool;
  readonly log: Log;
}

/** Keeps as many shells armed as the feeder wants. */
export class Arming {
  readonly #params: ArmingParams;
  #wanted = 0;
  #retry: NodeJS.Timeout | null = null;
  #soon: NodeJS.Immediate | null = null;

  constructor(params: ArmingParams) {
    this.#params = params;
  }

  keep(shells: number): void {
    this.#wanted = shells;
    this.again();
  }

  /** A claim has used up one: the next `keep` knows how many slots are free then. */
  used(): void {
    this.#wanted = Math.max(0, this.#wanted - 1);
  }

  /** A shell is gone. */
  again(when: 'now' | 'later' = 'now'): void {
    if (when === 'later') {
      this.#retry ??= setTimeout(() => {
        this.#retry = null;
        this.#reconcile();
      }, RETRY_MS);
      return;
    }
    // After the requests that came with this one: they may lower the number.
    this.#soon ??= setImmediate(() => {
      this.#soon = null;
      this.#reconcile();
    });
  }

  letGoAll(): void {
    this.#wanted = 0;
    for (const attempt of this.#params.table.inPhase(isArmed)) this.letGo(attempt);
  }

  letGo(attempt: Attempt): void {
    attempt.phase = 'leaving';
    attempt.slot?.drop();
    const late = setTimeout(() => {
      if (attempt.phase !== 'leaving' || this.#params.table.get(attempt.token) !== attempt) return;
      // No go was written to it, and after SIGKILL none can be read.
      if (attempt.shell === null) attempt.slot?.kill();
      else signalAttempt(attempt.token, attempt.shell, 'SIGKILL');
    }, LEAVE_MS);
    late.unref();
  }

  close(): void {
    this.#wanted = 0;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#soon !== null) clearImmediate(this.#soon);
  }

  #reconcile(): void {
    // While a retry is due, nothing else arms: a broken shell must not be forked in a loop.
    if (this.#retry !== null) return;
    const armed = this.#params.table.inPhase(isArmed);
    for (let missing = this.#wanted - armed.length; missing > 0; missing -= 1) {
      if (!this.#armOne()) return;
    }
    // The youngest first: the feeder may be claiming for the oldest.
    for (const attempt of armed.slice(this.#wanted).toReversed()) this.letGo(attempt);
  }

  #armOne(): boolean {
    const { spool, slots, table, log } = this.#params;
    const token = randomHex(8);
    try {
      // No block, no claim.
      spool.prepare(token);
      const slot = slots.take();
      table.add({ token, phase: 'arming', slot });
      slot.arm(token);
      return true;
    } catch (error) {
      log.error('shell.unarmed', { error: String(error) });
      spool.remove(token);
      this.again('later');
      return false;
    }
  }
}
