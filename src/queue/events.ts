import { JOB_FIELDS, type Job } from '../domain/job.js';
import { statement } from './statement.js';
import type { WriteTransaction } from './transaction.js';

/** What can happen to jobs; each is one row of `events`, in the transaction that does it. */
export const OPERATIONS = [
  'submit',
  'claim',
  'settle',
  'update',
  'delete',
  'resubmit',
  'retry',
  'hold',
  'release',
  'no-go',
  'rescue',
] as const;
export type Operation = (typeof OPERATIONS)[number];

interface EventRow {
  readonly [column: string]: unknown;
  readonly at: string;
  readonly user: string;
  readonly host: string;
  readonly operation: Operation;
  readonly jid: number;
  readonly last: number;
  readonly before: string | null;
  readonly after: string | null;
}

const insertEvent = statement<EventRow, never>(`
  insert into events (at, user, host, operation, jid, jid_last, before, after)
  values (:at, :user, :host, :operation, :jid, :last, :before, :after)
`);

/** One row for new jobs with consecutive jids. */
export function recordSubmit(tx: WriteTransaction, first: number, last: number): void {
  const { user, host } = tx.actor;
  insertEvent(tx.db).run({
    at: tx.now,
    user,
    host,
    operation: 'submit',
    jid: first,
    last,
    before: null,
    after: null,
  });
}

/** What changed of a job, as JSON objects of the fields that differ; nothing differs, no row. */
export function recordChange(
  tx: WriteTransaction,
  operation: Operation,
  before: Job,
  after: Job,
): void {
  const changed = changedFields(before, after);
  if (changed.length > 0) {
    recordEvent(tx, operation, before.jid, {
      before: Object.fromEntries(changed.map((field) => [field, before[field]])),
      after: Object.fromEntries(changed.map((field) => [field, after[field]])),
    });
  }
}

/** For a change whose fields are known: `before` and `after` hold only those. */
export function recordEvent(
  tx: WriteTransaction,
  operation: Operation,
  jid: number,
  change: { before: Partial<Job> | null; after: Partial<Job> | null },
): void {
  const { user, host } = tx.actor;
  insertEvent(tx.db).run({
    at: tx.now,
    user,
    host,
    operation,
    jid,
    last: jid,
    before: change.before === null ? null : JSON.stringify(change.before),
    after: change.after === null ? null : JSON.stringify(change.after),
  });
}

function changedFields(before: Job, after: Job): (keyof Job)[] {
  return JOB_FIELDS.filter((field) => {
    const [old, fresh] = [before[field], after[field]];
    return old !== fresh && JSON.stringify(old) !== JSON.stringify(fresh);
  });
}
