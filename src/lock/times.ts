/** The lease's times. Rows of the queue, the same on every host, so that tests may scale them. */
export interface LeaseTimes {
  /** Unchanged for this long by an observer's own clock, a lease may be superseded. */
  readonly ttlMs: number;
  /** A holder that holds on shows this often that it lives. */
  readonly beatMs: number;
  /**
   * A holder whose last good beat began longer ago has lost the lease by its own word. What lies
   * between it and the TTL is the time that a COMMIT may take after its guard.
   */
  readonly selfLimitMs: number;
}

/** Below an NFSv4 server's own lease (90 s on Linux): a good beat implies that our locks still hold. */
export const DEFAULT_LEASE_TIMES: LeaseTimes = {
  ttlMs: 30_000,
  beatMs: 5_000,
  selfLimitMs: 20_000,
};

/**
 * Silence is counted only over looks at most this far apart; a wider gap starts the count anew, so a
 * file server that was away, or an observer that slept, makes nobody look dead.
 */
export function lookGapMsMax(times: LeaseTimes): number {
  return Math.min(10_000, times.ttlMs / 3);
}

/** How often a waiter reads the holder's beat; between that, a look at the directory is enough. */
export function peekEveryMs(times: LeaseTimes): number {
  return Math.min(1_000, times.ttlMs / 20);
}
