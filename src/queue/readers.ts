import type { Lease } from '../lock/lease.js';
import { isBusy } from './failure.js';
import { sleepSync } from './sleep.js';

/** Longest that a COMMIT, or a fence, waits for readers to finish before it gives way. */
const READER_PATIENCE_MS = 5_000;
const READER_POLL_MS = 5;

/** Repeats `step` while readers hold it up, for as long as the lease allows; false: give way. */
export function whenReadersAreGone(lease: Lease, step: () => void): boolean {
  let waitedMs = 0;
  for (;;) {
    try {
      step();
      return true;
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    if (waitedMs >= READER_PATIENCE_MS || lease.remainingMs() <= 0) return false;
    sleepSync(READER_POLL_MS);
    waitedMs += READER_POLL_MS;
    lease.moved();
  }
}
