import { hostName, userName } from '../host/identity.js';
import type { Job } from '../domain/job.js';
import { missingJids, type JobQuery } from '../domain/selection.js';
import { classOf } from './classes.js';
import { recordChange, type Operation } from './events.js';
import { removeUnnamed, removeUpload } from './inputs.js';
import {
  finishStdin,
  uploadStdin,
  withStdin,
  type NewStdin,
  type StdinUploads,
} from './new-stdin.js';
import type { Queue } from './queue.js';
import { toParameters, type JobParameters, type StoredJob } from './row.js';
import { jobsOf, matchingJids } from './select.js';
import { statement } from './statement.js';
import { LONG_TRANSACTION_JOBS } from './submit.js';
import type { WriteTransaction } from './transaction.js';
import { fixLast } from './where.js';

/** Jobs changed in one transaction; a change of more is made in whole chunks, by jid. */
const CHANGE_CHUNK = 10_000;

/** What a change did: the jobs after it (a delete: as they were), and those it left alone. */
export interface Changed {
  readonly jobs: Job[];
  readonly skipped: Skipped[];
}

export interface Skipped {
  readonly jid: number;
  /** In words, with the jid: `job 3 is running`. */
  readonly reason: string;
  /** The user named it and there is no such job. */
  readonly isMissing?: true;
}

export interface ChangeOptions {
  /** Say what would change, and change nothing. */
  readonly dryRun?: boolean;
  /** Also jobs that are only presumed dead, at the owner's risk: they may still run. */
  readonly force?: boolean;
}

/** One kind of change. */
export interface Change extends NewStdin {
  readonly operation: Operation;
  /** The job as it shall be, or in words why it stays as it is. Pure; asked again inside the transaction. */
  readonly decide: (stored: StoredJob, context: ChangeContext) => StoredJob | string;
  /** Makes the change of one job; by default the row becomes what `decide` said. */
  readonly apply?: (tx: WriteTransaction, before: StoredJob, after: StoredJob) => void;
  /** After the commit of a chunk, lease given back; must bear being lost. */
  readonly afterCommit?: (changed: readonly StoredJob[]) => void;
}

/** Time and person of a change, as the transaction knows them. */
export type ChangeContext = Pick<WriteTransaction, 'now' | 'actor'>;

/**
 * Changes the jobs that a query means when it is called: the jids are read first, without the lease;
 * a job that no longer fits inside its transaction is left alone.
 */
export async function changeJobs(
  queue: Queue,
  query: JobQuery,
  change: Change,
  options: ChangeOptions = {},
): Promise<Changed> {
  const target = queue.read((db) => {
    const fixed = fixLast(db, query);
    return { query: fixed, jids: matchingJids(db, fixed) };
  });
  const skipped = missingJobs(target.query, target.jids);
  const jobs: Job[] = [];
  for (let start = 0; start < target.jids.length; start += CHANGE_CHUNK) {
    const jids = target.jids.slice(start, start + CHANGE_CHUNK);
    const done =
      options.dryRun === true
        ? planChunk(queue, change, jids)
        : await changeChunk(queue, target.query, change, jids);
    for (const job of done.jobs) jobs.push(job);
    for (const skip of done.skipped) skipped.push(skip);
  }
  return { jobs, skipped: skipped.toSorted((a, b) => a.jid - b.jid) };
}

/** The row as `after` says, on condition that it still is in the state and attempt of `before`. */
export function replaceJob(tx: WriteTransaction, before: StoredJob, after: StoredJob): void {
  const { changes } = updateRow(tx.db).run({
    ...toParameters(after),
    stateBefore: before.job.state,
    attemptBefore: before.job.attempt,
  });
  if (changes !== 1) throw new Error(`job ${before.job.jid} changed inside a transaction`);
}

const updateRow = statement<JobParameters & { stateBefore: string; attemptBefore: number }, never>(`
  update jobs
  set    priority = :priority, state = :state, submitted = :submitted, started = :started,
         finished = :finished, elapsed = :elapsed, submitter = :submitter, runner = :runner,
         stdin = :stdin, stdout = :stdout, stderr = :stderr, data = :data, pid = :pid,
         exit_status = :exit_status, tag = :tag, restartable = :restartable, command = :command,
         signal = :signal, attempt = :attempt, reason = :reason, cwd = :cwd, argv = :argv,
         shell = :shell, env = :env, hosts = :hosts, node = :node, cpu = :cpu, max_rss = :max_rss,
         lane = :lane, class = :class, upload = :upload, presumed = :presumed
  where  jid = :jid and state = :stateBefore and attempt = :attemptBefore
`);

/** Without a lock the time is only this host's. */
function planChunk(queue: Queue, change: Change, jids: readonly number[]): Changed {
  const context = { now: new Date().toISOString(), actor: { user: userName(), host: hostName() } };
  const { planned, skipped } = decideAll(
    queue.read((db) => jobsOf(db, jids)),
    change,
    context,
  );
  return { jobs: planned.map(({ after }) => after.job), skipped };
}

async function changeChunk(
  queue: Queue,
  query: JobQuery,
  change: Change,
  jids: readonly number[],
): Promise<Changed> {
  const uploads = uploadStdin(queue, change, () =>
    planChunk(queue, change, jids).jobs.map(({ jid }) => jid),
  );
  const chunk: JobQuery = {
    kind: 'and',
    parts: [{ kind: 'jids', ranges: jids.map((jid) => [jid, jid]) }, query],
  };
  let used: StoredJob[] = [];
  try {
    const result = await queue.write(
      change.operation,
      (tx) => {
        const stored = jobsOf(tx.db, matchingJids(tx.db, chunk));
        const { planned, skipped } = decideAll(stored, withUploads(change, uploads), tx);
        used = planned.map(({ before, after }) => {
          const fed = withStdin(queue, change, uploads, { before, after });
          const complete = withClass(tx, before, fed);
          (change.apply ?? replaceJob)(tx, before, complete);
          if (change.apply === undefined) {
            recordChange(tx, change.operation, before.job, complete.job);
          }
          return complete;
        });
        const changed = used;
        tx.afterCommit(() => {
          finishStdin(queue, change, changed);
          change.afterCommit?.(changed);
        });
        return { jobs: used.map(({ job }) => job), skipped };
      },
      { long: jids.length >= LONG_TRANSACTION_JOBS },
    );
    const named = new Set(used.map(({ upload }) => upload));
    for (const name of uploads.values()) if (!named.has(name)) removeUpload(queue, name);
    return result;
  } catch (error) {
    removeUnnamed(queue, [...uploads.values()]);
    throw error;
  }
}

interface Planned {
  readonly before: StoredJob;
  readonly after: StoredJob;
}

function decideAll(
  stored: readonly StoredJob[],
  change: Change,
  context: ChangeContext,
): { planned: Planned[]; skipped: Skipped[] } {
  const planned: Planned[] = [];
  const skipped: Skipped[] = [];
  for (const before of stored) {
    const after = change.decide(before, context);
    if (typeof after === 'string') skipped.push({ jid: before.job.jid, reason: after });
    else planned.push({ before, after });
  }
  return { planned, skipped };
}

/** The change for jobs whose new stdin was uploaded: not for one that came to fit only after that. */
function withUploads(change: Change, uploads: StdinUploads): Change {
  if (typeof change.stdinFile !== 'string') return change;
  return {
    ...change,
    decide: (stored, context) => {
      const after = change.decide(stored, context);
      if (typeof after === 'string' || uploads.has(stored.job.jid)) return after;
      return `job ${stored.job.jid} changed meanwhile: try again`;
    },
  };
}

function withClass(tx: WriteTransaction, before: StoredJob, after: StoredJob): StoredJob {
  const { user, hosts, lane } = after.job;
  if (hosts === before.job.hosts && lane === before.job.lane) return after;
  return { ...after, classId: classOf(tx, { user, hosts, lane }) };
}

/** Jids that the user named and that are not there. */
function missingJobs(query: JobQuery, found: readonly number[]): Skipped[] {
  return missingJids(query, new Set(found)).map(([first, last]) => ({
    jid: first,
    reason: `no job ${first === last ? first : `${first}-${last}`}`,
    isMissing: true,
  }));
}
