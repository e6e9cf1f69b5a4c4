import type { LeaseTimes } from './times.js';

/** A look's cost times this is the delay of one who has just begun to wait, … */
const FACTOR_YOUNG = 40;
/** … and of one who has waited for AGE_MS or more: the oldest looks most often and so comes next. */
const FACTOR_OLD = 8;
const AGE_MS = 4_000;
const DELAY_MS_MIN = 1;
const DELAY_MS_MAX = 1_000;

/**
 * Milliseconds until the next look at a lease that is held.
 *
 * Measured in looks, not in milliseconds, a queue on a local disk is polled every few ms and one on a
 * slow file server gently. A holder that has held for long is looked at more seldom (a fiftieth of
 * that time): it costs a waiter at most that much more.
 */
export function delayMs(params: {
  lookMs: number;
  waitedMs: number;
  heldMs: number;
  times: LeaseTimes;
  random?: number;
}): number {
  const age = Math.min(params.waitedMs / AGE_MS, 1);
  const factor = FACTOR_YOUNG + (FACTOR_OLD - FACTOR_YOUNG) * age;
  const jitter = 0.5 + (params.random ?? Math.random());
  const wanted = Math.max(params.lookMs * factor, params.heldMs / 50) * jitter;
  // Silence is counted over looks without wide gaps: stay well within one.
  const most = Math.min(DELAY_MS_MAX, params.times.ttlMs / 12);
  return Math.min(Math.max(wanted, DELAY_MS_MIN), most);
}

/** How long one who just released stays away when others wait: two polls of an old waiter. */
export function standBackMs(lookMs: number): number {
  return Math.min(Math.max(2 * 1.5 * FACTOR_OLD * lookMs, 4), DELAY_MS_MAX);
}

/** The typical cost of a look, ms: a moving average in which one slow answer weighs little. */
export class LookCost {
  #ms = 0;

  get ms(): number {
    return this.#ms;
  }

  add(ms: number): void {
    this.#ms = this.#ms === 0 ? ms : this.#ms + (Math.min(ms, this.#ms * 10) - this.#ms) * 0.2;
  }
}
