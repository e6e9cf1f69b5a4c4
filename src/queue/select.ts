import { JOB_FIELDS, type Job, type JobField } from '../domain/job.js';
import type { JobQuery } from '../domain/selection.js';
import type { JobState } from '../domain/state.js';
import type { Connection } from '../sqlite.js';
import type { Queue } from './queue.js';
import { JOB_COLUMNS, toJob, toStoredJob, type JobRow, type StoredJob } from './row.js';
import { rawStatement, valueStatement } from './statement.js';
import { fixLast, whereOf } from './where.js';

/** Jobs of one read: few enough that no writer waits for it, many enough to be quick. */
const PAGE = 5_000;

export interface SortKey {
  readonly field: JobField;
  readonly descending?: boolean;
}

export interface ReadOptions {
  /** At most so many jobs, the first in the order asked for. */
  readonly limit?: number;
  /** By jid if absent or empty. Nulls come last. */
  readonly sort?: readonly SortKey[];
}

/**
 * The jobs that a query means, page by page. No lock is held while the caller works on a page, so
 * the pages are pictures of different moments: a job may have changed in between, none comes twice.
 */
export function* readJobs(
  queue: Pick<Queue, 'read'>,
  query: JobQuery,
  options: ReadOptions = {},
): Generator<Job, void, undefined> {
  const { sort = [], limit = Number.MAX_SAFE_INTEGER } = options;
  const [key] = sort;
  if (key === undefined || (key.field === 'jid' && key.descending !== true)) {
    yield* readByJid(queue, query, limit);
    return;
  }
  const jids = queue.read((db) => sortedJids(db, query, sort, limit));
  for (let start = 0; start < jids.length; start += PAGE) {
    const page = jids.slice(start, start + PAGE);
    const found = queue.read((db) => jobsOf(db, page));
    const byJid = new Map(found.map(({ job }) => [job.jid, job]));
    for (const jid of page) {
      const job = byJid.get(jid);
      if (job !== undefined) yield job;
    }
  }
}

/** One job, or null. */
export function readJob(queue: Pick<Queue, 'read'>, jid: number): Job | null {
  return queue.read((db) => jobsOf(db, [jid])[0]?.job ?? null);
}

/** How many jobs a query means; of all jobs or of states it costs the same at any length of the queue. */
export function countJobs(queue: Pick<Queue, 'read'>, query: JobQuery): number {
  return queue.read((db) => {
    if (query.kind === 'all') return countStates(db).get({ states: null }) ?? 0;
    if (query.kind === 'states') {
      return countStates(db).get({ states: JSON.stringify(query.states) }) ?? 0;
    }
    const { sql, params } = whereOf(query);
    const count = db.prepare<[typeof params], number>(`select count(*) from jobs where ${sql}`);
    return count.pluck().get(params) ?? 0;
  });
}

const countStates = valueStatement<{ states: string | null }, number>(`
  select coalesce(sum(n), 0)
  from   counters
  where  kind = 'state' and (:states is null or key in (select value from json_each(:states)))
`);

const jobsByJid = rawStatement<{ jids: string }, JobRow>(`
  select ${JOB_COLUMNS}
  from   jobs
  where  jid in (select value from json_each(:jids))
  order by jid
`);

/** The jobs with these jids that exist, by jid. */
export function jobsOf(db: Connection, jids: readonly number[]): StoredJob[] {
  return jobsByJid(db)
    .all({ jids: JSON.stringify(jids) })
    .map((row) => toStoredJob(row));
}

/** All jids that a query means, in order. */
export function matchingJids(db: Connection, query: JobQuery): number[] {
  const { sql, params } = whereOf(query);
  return db
    .prepare<[typeof params], number>(`select jid from jobs where ${sql} order by jid`)
    .pluck()
    .all(params);
}

function* readByJid(
  queue: Pick<Queue, 'read'>,
  query: JobQuery,
  limit: number,
): Generator<Job, void, undefined> {
  const fixed = queue.read((db) => fixLast(db, query));
  let after = 0;
  let left = limit;
  while (left > 0) {
    const size = Math.min(PAGE, left);
    const from = after;
    const rows = queue.read((db) => pageOf(db, fixed, from, size));
    for (const row of rows) yield toJob(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) return;
    after = last[0];
    left -= rows.length;
  }
}

function pageOf(db: Connection, query: JobQuery, after: number, limit: number): JobRow[] {
  if (query.kind === 'states') return pageOfStates(db, query.states, after, limit);
  const { sql, params } = whereOf(query);
  return db
    .prepare<[object], JobRow>(
      `select ${JOB_COLUMNS} from jobs where (${sql}) and jid > :after order by jid limit :limit`,
    )
    .raw()
    .all({ ...params, after, limit });
}

const stateJids = valueStatement<{ state: JobState; after: number; limit: number }, number>(`
  select jid from jobs where state = :state and jid > :after order by jid limit :limit
`);

/**
 * Each state by itself through jobs_by_state, then merged: for several states at once SQLite would
 * sort all that is left of them for every page.
 */
function pageOfStates(
  db: Connection,
  states: readonly JobState[],
  after: number,
  limit: number,
): JobRow[] {
  const jids = [...new Set(states)].flatMap((state) => stateJids(db).all({ state, after, limit }));
  const page = jids.toSorted((a, b) => a - b).slice(0, limit);
  return jobsByJid(db).all({ jids: JSON.stringify(page) });
}

function sortedJids(
  db: Connection,
  query: JobQuery,
  sort: readonly SortKey[],
  limit: number,
): number[] {
  const { sql, params } = whereOf(query);
  const order = sort.map(({ field, descending }) => {
    if (!JOB_FIELDS.includes(field)) throw new Error(`no such column: ${field}`);
    return `${field} is null, ${field}${descending === true ? ' desc' : ''}`;
  });
  return db
    .prepare<[object], number>(
      `select jid from jobs where ${sql} order by ${order.join(', ')}, jid limit :limit`,
    )
    .pluck()
    .all({ ...params, limit });
}
