/** What a user may say of a feeder; everything has a default that suits a machine of its own. */
export interface FeedOptions {
  /** Name of this node; several of them may feed one queue on one host. Default: the short host name. */
  readonly node?: string;
  /** Jobs at a time; null or absent: what the node had before, else the number of cores. */
  readonly slots?: number | null;
  /** Bounds of an idle feeder's pauses; default: the queue's `idle_poll_ms` and twice that. */
  readonly minSleepMs?: number;
  readonly maxSleepMs?: number;
  /** Take jobs this many times, let them end, and exit. */
  readonly loops?: number;
  /** Exit with 0 when nothing runs and nothing pending or waiting could ever run here. */
  readonly untilEmpty?: boolean;
  /** Take every user's jobs, not only one's own. */
  readonly anyUser?: boolean;
  /** Detached from the terminal: the runner starts such a feeder again should it die. */
  readonly daemon?: boolean;
  readonly quiet?: boolean;
  /** Log file; absent: stderr in the foreground, `log` in the local directory for a daemon. */
  readonly log?: string;
  /** `daily`, `weekly`, `monthly` or seconds. */
  readonly logAge?: string;
  readonly logSize?: number;
  readonly verbosity?: string;
  /** Where sockets, locks and the spool lie; default /var/tmp. */
  readonly localBase?: string;
  /** Feed although the queue is at another place than where it was created: the owner's word. */
  readonly force?: boolean;
}
