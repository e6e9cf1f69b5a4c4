import { randomBelow } from '../host/random.js';
import { setTimeout as delay } from 'node:timers/promises';
import { RqError } from '../domain/error.js';
import { monotonicMs } from '../host/uptime.js';

const PAUSE_MS_MIN = 10;
const PAUSE_MS_MAX = 1_000;

/** How long one operation has waited for others, and how long it still may. */
export class Patience {
  readonly #directory: string;
  readonly #limitMs: number | null;
  readonly #beganMs = monotonicMs();
  #pauses = 0;

  /** `limitMs` null: no limit. */
  constructor(directory: string, limitMs: number | null) {
    this.#directory = directory;
    this.#limitMs = limitMs;
  }

  remainingMs(): number | null {
    return this.#limitMs === null ? null : Math.max(0, this.#limitMs - this.#waitedMs());
  }

  /**
   * Waits before the next try against a database that somebody keeps locked, longer each time.
   *
   * @throws RqError `queue-busy` when the limit is reached
   */
  async pause(): Promise<void> {
    if (this.remainingMs() === 0) {
      const seconds = (this.#waitedMs() / 1000).toFixed(1);
      throw new RqError(
        'queue-busy',
        `the queue at ${this.#directory} is kept locked by a reader, or by a host that died; waited ${seconds} s`,
      );
    }
    const ceilingMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(this.#pauses, 7));
    this.#pauses += 1;
    await delay(1 + randomBelow(ceilingMs));
  }

  #waitedMs(): number {
    return monotonicMs() - this.#beganMs;
  }
}
