import { JOB_FIELDS, type Job } from '../domain/job.js';
import type { JobState } from '../domain/state.js';

/** A job with what only the queue itself needs to know of it. */
export interface StoredJob {
  readonly job: Job;
  /** Row of `classes`: who may take the job. */
  readonly classId: number;
  /** Random name of stdin and data until they carry the jid; kept until an attempt has run. */
  readonly upload: string | null;
  /** Dead by its node's silence, not by proof: it may still run. */
  readonly presumed: boolean;
}

/** The columns of `jobs` in the order of `JobRow`. */
export const JOB_COLUMNS = [...JOB_FIELDS, 'class', 'upload', 'presumed'].join(', ');

/** A row of `jobs` as SQLite gives it: JSON as text, booleans as 0 and 1. */
export type JobRow = readonly [
  jid: number,
  priority: number,
  state: JobState,
  submitted: string,
  started: string | null,
  finished: string | null,
  elapsed: number | null,
  submitter: string,
  runner: string | null,
  stdin: string | null,
  stdout: string | null,
  stderr: string | null,
  data: string | null,
  pid: number | null,
  exit_status: number | null,
  tag: string | null,
  restartable: number,
  command: string,
  signal: string | null,
  attempt: number,
  reason: string | null,
  user: string,
  cwd: string | null,
  argv: string | null,
  shell: string | null,
  env: string | null,
  hosts: string | null,
  node: string | null,
  cpu: number | null,
  max_rss: number | null,
  lane: string,
  classId: number,
  upload: string | null,
  presumed: number,
];

export function toJob(row: JobRow): Job {
  return {
    jid: row[0],
    priority: row[1],
    state: row[2],
    submitted: row[3],
    started: row[4],
    finished: row[5],
    elapsed: row[6],
    submitter: row[7],
    runner: row[8],
    stdin: row[9],
    stdout: row[10],
    stderr: row[11],
    data: row[12],
    pid: row[13],
    exit_status: row[14],
    tag: row[15],
    restartable: row[16] === 1,
    command: row[17],
    signal: row[18],
    attempt: row[19],
    reason: row[20],
    user: row[21],
    cwd: row[22],
    argv: listFrom(row[23]),
    shell: row[24],
    env: mapFrom(row[25]),
    hosts: listFrom(row[26]),
    node: row[27],
    cpu: row[28],
    max_rss: row[29],
    lane: row[30],
  };
}

export function toStoredJob(row: JobRow): StoredJob {
  return { job: toJob(row), classId: row[31], upload: row[32], presumed: row[33] === 1 };
}

/** A job as named parameters: the reverse of `toStoredJob`. */
export function toParameters({ job, classId, upload, presumed }: StoredJob): JobParameters {
  return {
    ...job,
    restartable: job.restartable ? 1 : 0,
    argv: toJson(job.argv),
    env: toJson(job.env),
    hosts: toJson(job.hosts),
    class: classId,
    upload,
    presumed: presumed ? 1 : 0,
  };
}

export type JobParameters = Omit<Job, 'restartable' | 'argv' | 'env' | 'hosts'> & {
  readonly restartable: number;
  readonly argv: string | null;
  readonly env: string | null;
  readonly hosts: string | null;
  readonly class: number;
  readonly upload: string | null;
  readonly presumed: number;
};

/** The schema's CHECKs and our own writing vouch for the shape of what is stored. */
function listFrom(text: string | null): readonly string[] | null {
  if (text === null) return null;
  const list: readonly string[] = JSON.parse(text);
  return list;
}

function mapFrom(text: string | null): Readonly<Record<string, string>> | null {
  if (text === null) return null;
  const map: Readonly<Record<string, string>> = JSON.parse(text);
  return map;
}

export function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
