import type { Ending } from './protocol.js';
import type { Slot } from './slot.js';
import type { ShellRecord } from './spool-record.js';

/**
 * `arming`: the slot forks its shell. `armed`: the feeder may claim for it. `leaving`: it was told to
 * go unrun, or its pipe is closed. `running`: its go is written. `ended`: waits to be settled.
 */
export type Phase = 'arming' | 'armed' | 'leaving' | 'running' | 'ended';

export interface Attempt {
  readonly token: string;
  phase: Phase;
  /** Null until it is armed. */
  shell: ShellRecord | null;
  /** Null for an orphan: adopted, or its slot shell was killed. */
  slot: Slot | null;
  /** A feeder claimed for it, or may have: its end is reported, run or not. */
  claimed: boolean;
  /** When its go was written, monotonic; null for an adopted one. */
  goMs: number | null;
  maxRssKib: number | null;
  /** Why it was claimed for and yet got no go. */
  refusal: string | null;
  ending: Ending | null;
}

export interface NewAttempt {
  readonly token: string;
  readonly phase: Phase;
  readonly shell?: ShellRecord;
  readonly slot?: Slot;
  readonly claimed?: boolean;
}

export function isArmed(attempt: Attempt): boolean {
  return attempt.phase === 'arming' || attempt.phase === 'armed';
}

/** The attempts of a runner by token, in the order in which they were armed. */
export class AttemptTable {
  readonly #byToken = new Map<string, Attempt>();
  #waiters: (() => void)[] = [];

  add(attempt: NewAttempt): void {
    this.#byToken.set(attempt.token, {
      token: attempt.token,
      phase: attempt.phase,
      shell: attempt.shell ?? null,
      slot: attempt.slot ?? null,
      claimed: attempt.claimed ?? false,
      goMs: null,
      maxRssKib: null,
      refusal: null,
      ending: null,
    });
  }

  get(token: string): Attempt | undefined {
    return this.#byToken.get(token);
  }

  remove(token: string): void {
    this.#byToken.delete(token);
    this.#tellWaiters();
  }

  conclude(attempt: Attempt, ending: Ending): void {
    attempt.phase = 'ended';
    attempt.slot = null;
    attempt.ending = ending;
    this.#tellWaiters();
  }

  /** It turned out to have started after all: nobody waits for it to leave. */
  started(attempt: Attempt): void {
    attempt.phase = 'running';
    this.#tellWaiters();
  }

  inPhase(wanted: (attempt: Attempt) => boolean): Attempt[] {
    return [...this.#byToken.values()].filter(wanted);
  }

  /** Those that no slot of ours watches. */
  orphans(): Attempt[] {
    return this.inPhase((attempt) => attempt.slot === null && attempt.phase !== 'ended');
  }

  running(): { token: string; pid: number; pidStart: number }[] {
    const running = [];
    for (const { token, phase, shell } of this.#byToken.values()) {
      if (phase === 'running' && shell !== null)
        running.push({ token, pid: shell.pid, pidStart: shell.pidStart });
    }
    return running;
  }

  endings(): Ending[] {
    const endings = [];
    for (const { ending } of this.#byToken.values()) if (ending !== null) endings.push(ending);
    return endings;
  }

  isQuiet(): boolean {
    return this.inPhase((attempt) => attempt.phase !== 'ended').length === 0;
  }

  /** Resolves when no shell is armed or on its way out. */
  whenNoneLeaves(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#tellWaiters();
    });
  }

  #tellWaiters(): void {
    if (this.#waiters.length === 0) return;
    if (this.inPhase((attempt) => isArmed(attempt) || attempt.phase === 'leaving').length > 0)
      return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
