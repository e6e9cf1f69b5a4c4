import type { JobState } from './state.js';

/**
 * One job as a row of the queue and as a record in YAML: Ruby Queue's fields in Ruby Queue's order,
 * then ours. Times are UTC text, RFC 3339 with milliseconds, by the queue clock.
 */
export interface Job {
  readonly jid: number;
  /** Higher runs earlier; any safe integer. */
  readonly priority: number;
  readonly state: JobState;
  readonly submitted: string;
  readonly started: string | null;
  readonly finished: string | null;
  /** Seconds on the monotonic clock, from go to exit. */
  readonly elapsed: number | null;
  /** Host name of the submitting machine. */
  readonly submitter: string;
  /** Host name of the machine that runs or ran the job. */
  readonly runner: string | null;
  /** Paths relative to the queue directory; null until the file exists. */
  readonly stdin: string | null;
  readonly stdout: string | null;
  readonly stderr: string | null;
  readonly data: string | null;
  /** Process id of the job's session leader on `runner`. */
  readonly pid: number | null;
  readonly exit_status: number | null;
  readonly tag: string | null;
  readonly restartable: boolean;
  readonly command: string;
  /** `SIGKILL` and the like when a signal ended the job; exit_status is null then. */
  readonly signal: string | null;
  /** 0 before the first run; its number fences late reports. */
  readonly attempt: number;
  /** Why the job is in its state, in words, wherever that is not plain. */
  readonly reason: string | null;
  readonly user: string;
  /** Absolute directory of the submitter. */
  readonly cwd: string | null;
  /** The exact argument vector, or null for a shell line. */
  readonly argv: readonly string[] | null;
  /** `none`, a shell's name or its path; null: bash. */
  readonly shell: string | null;
  readonly env: Readonly<Record<string, string>> | null;
  /** Names or globs of hosts or nodes that may run the job; null: any. */
  readonly hosts: readonly string[] | null;
  /** Name of the node that runs or ran the job. */
  readonly node: string | null;
  /** User and system seconds of the job's processes. */
  readonly cpu: number | null;
  /** Peak of the process tree's resident memory in KiB; null when the job was too short to see. */
  readonly max_rss: number | null;
  readonly lane: string;
}

export type JobField = keyof Job;

/** The order in which fields are written, everywhere. */
export const JOB_FIELDS = [
  'jid',
  'priority',
  'state',
  'submitted',
  'started',
  'finished',
  'elapsed',
  'submitter',
  'runner',
  'stdin',
  'stdout',
  'stderr',
  'data',
  'pid',
  'exit_status',
  'tag',
  'restartable',
  'command',
  'signal',
  'attempt',
  'reason',
  'user',
  'cwd',
  'argv',
  'shell',
  'env',
  'hosts',
  'node',
  'cpu',
  'max_rss',
  'lane',
] as const satisfies readonly JobField[];

/**
 * What a submitter says of a job, checked and complete: the input of `submitJobs`.
 *
 * `stdinFile` and `dataPath` name the submitter's own files; they are copied into the queue before
 * the transaction.
 */
export interface NewJob {
  readonly command: string;
  readonly argv: readonly string[] | null;
  readonly priority: number;
  readonly tag: string | null;
  readonly restartable: boolean;
  /** Submit as `holding`. */
  readonly staged: boolean;
  readonly hosts: readonly string[] | null;
  readonly cwd: string | null;
  readonly shell: string | null;
  readonly env: Readonly<Record<string, string>> | null;
  readonly stdinFile: string | null;
  readonly dataPath: string | null;
  readonly lane: string;
}

/** How an attempt ended, as the runner's spool tells it. */
export interface AttemptResult {
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly elapsedSeconds: number | null;
  readonly cpuSeconds: number | null;
  readonly maxRssKib: number | null;
  /** Set when the job's shell could not even start its command: why. */
  readonly reason: string | null;
}
