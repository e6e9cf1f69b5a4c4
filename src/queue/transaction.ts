import { systemCode } from '../domain/error.js';
import { faultPoint } from '../fault.js';
import { randomHex } from '../host/random.js';
import type { Lease } from '../lock/lease.js';
import type { Connection } from '../sqlite.js';
import { queueTime } from './clock.js';
import { isBusy } from './failure.js';
import { fenceJournal, isJournalMissing } from './journal.js';
import { whenReadersAreGone } from './readers.js';
import { touchDirectory } from './wake.js';
import type { QueuePaths } from './paths.js';

/** What `work` may use. It must be short and synchronous: reads first, then writes, no await, no child process. */
export interface WriteTransaction {
  readonly db: Connection;
  /** The queue clock: RFC 3339 UTC with milliseconds, the same for all that this transaction writes. */
  readonly now: string;
  readonly generation: number;
  /** Milliseconds of /proc/uptime until which a job claimed here may still be told to start. */
  readonly goUntilUptimeMs: number;
  readonly actor: { readonly user: string; readonly host: string };
  /** Runs `step` once the commit is durable and the lease given back. It must bear being lost: a crash may come first. */
  afterCommit(step: () => void): void;
}

export interface Attempt {
  readonly paths: QueuePaths;
  readonly operation: string;
  readonly selfLimitMs: number;
  readonly actor: { readonly user: string; readonly host: string };
  /** The open connection, reopened when `db` has another inode; throws SQLITE_BUSY like any statement. */
  readonly connect: () => Connection;
  /** Closes the connection: after a failure nothing may be written through it again. */
  readonly disconnect: () => void;
  /** Whether `db` still names the inode of the open connection. */
  readonly isCurrent: () => boolean;
}

/**
 * How one attempt at a transaction ended.
 *
 * `busy`: not begun or rolled back, try again. `fenced`: a higher generation has committed, so this
 * lease is void; take one above it. `unknown`: COMMIT was called and its fate is open; look for `token`.
 * `cause` is what COMMIT threw; null: it succeeded, but perhaps so late that the lease was another's.
 */
export type Outcome<T> =
  | { kind: 'committed'; value: T; steps: (() => void)[] }
  | { kind: 'busy' }
  | { kind: 'fenced'; stored: number }
  | { kind: 'unknown'; value: T; steps: (() => void)[]; token: string; cause: unknown };

/** Rows of `commits` that are kept: a writer learns its outcome long before so many others committed. */
const COMMITS_KEPT = 10_000;

const STORED_GENERATION = 'select generation from meta';
const BEGIN_RECORD =
  'update meta set generation = :generation, queue_time = :now where generation < :generation';
const COMMIT_RECORD = `
  insert into commits (generation, token, at, operation, host, pid)
  values (:generation, :token, :now, :operation, :host, :pid)
`;
const FORGET_COMMITS = 'delete from commits where generation <= :generation';

/**
 * Runs `work` in one write transaction under `lease`. The only place where rq writes to its database.
 *
 * The order of the steps is what keeps a queue whole on NFS; docs/decisions/write-protocol.md has the
 * measurement behind each. A holder that finds its lease gone just before COMMIT kills itself: neither
 * COMMIT nor ROLLBACK may touch files that another host is writing now.
 */
export function attemptTransaction<T>(
  attempt: Attempt,
  lease: Lease,
  work: (tx: WriteTransaction) => T,
): Outcome<T> {
  // A Ctrl-Z inside a transaction would stop the whole cluster; it is not taken.
  process.on('SIGTSTP', stayUp);
  try {
    return runTransaction(attempt, lease, work);
  } catch (error) {
    if (isBusy(error)) return { kind: 'busy' };
    throw error;
  } finally {
    process.off('SIGTSTP', stayUp);
  }
}

function runTransaction<T>(
  attempt: Attempt,
  lease: Lease,
  work: (tx: WriteTransaction) => T,
): Outcome<T> {
  faultPoint('lease-acquired');
  touchDirectory(attempt.paths.directory);
  const db = begin(attempt, lease);
  if ('kind' in db) return db;
  faultPoint('transaction-begun');

  const token = randomHex(8);
  const steps: (() => void)[] = [];
  let value: T;
  try {
    const floor = db.prepare<[], string>('select queue_time from meta').pluck().get() ?? '';
    const now = queueTime(lease.stampMs, lease.stampMonotonicMs, floor);
    const { generation } = lease;
    db.prepare(BEGIN_RECORD).run({ generation, now });
    value = work({
      db,
      now,
      generation,
      goUntilUptimeMs: lease.lastBeatUptimeMs() + attempt.selfLimitMs,
      actor: attempt.actor,
      afterCommit: (step) => void steps.push(step),
    });
    const { operation, actor } = attempt;
    db.prepare(COMMIT_RECORD).run({
      generation,
      token,
      now,
      operation,
      host: actor.host,
      pid: process.pid,
    });
    db.prepare(FORGET_COMMITS).run({ generation: generation - COMMITS_KEPT });
  } catch (error) {
    lease.assertHeld(0);
    rollBack(attempt, db);
    throw error;
  }
  faultPoint('transaction-worked');
  return commit(attempt, lease, { db, token, value, steps });
}

/** Instead of stopping at Ctrl-Z. */
function stayUp(): void {}

/** BEGIN IMMEDIATE, with the journal fenced first where the last holder may have died in mid-commit. */
function begin(attempt: Attempt, lease: Lease): Connection | Outcome<never> {
  const db = attempt.connect();
  db.exec('begin immediate');
  try {
    // Not yet opened a journal: whoever is already dead must not do so now.
    lease.assertHeld(0);
    lease.moved();
    const stored = storedGeneration(db);
    if (stored >= lease.generation) {
      db.exec('rollback');
      return { kind: 'fenced', stored };
    }
    const committedBefore = stored === lease.generation - 1;
    if (committedBefore && !lease.wasEmpty && !isJournalMissing(attempt.paths)) return db;
    db.exec('rollback');
  } catch (error) {
    rollBack(attempt, db);
    throw error;
  }
  return beginFenced(attempt, lease);
}

function beginFenced(attempt: Attempt, lease: Lease): Connection | Outcome<never> {
  const old = attempt.connect();
  if (!whenReadersAreGone(lease, () => old.exec('begin exclusive'))) return { kind: 'busy' };
  try {
    lease.assertHeld(0);
    fenceJournal(attempt.paths);
    old.exec('rollback');
  } finally {
    // SQLite keeps the descriptor of a journal it played back: this connection must never write again.
    attempt.disconnect();
  }
  faultPoint('journal-fenced');

  const db = attempt.connect();
  db.exec('begin immediate');
  try {
    lease.assertHeld(0);
    const stored = storedGeneration(db);
    if (stored < lease.generation) return db;
    db.exec('rollback');
    return { kind: 'fenced', stored };
  } catch (error) {
    rollBack(attempt, db);
    throw error;
  }
}

interface Finished<T> {
  readonly db: Connection;
  readonly token: string;
  readonly value: T;
  readonly steps: (() => void)[];
}

function commit<T>(attempt: Attempt, lease: Lease, finished: Finished<T>): Outcome<T> {
  const { db, token, value, steps } = finished;
  lease.moved();
  lease.assertHeld(0);
  faultPoint('transaction-guarded');
  const unknown = (cause: unknown): Outcome<T> => {
    attempt.disconnect();
    return { kind: 'unknown', value, steps, token, cause };
  };
  try {
    if (!whenReadersAreGone(lease, () => db.exec('commit'))) {
      lease.assertHeld(0);
      rollBack(attempt, db);
      return { kind: 'busy' };
    }
  } catch (error) {
    return unknown(error);
  }
  faultPoint('transaction-committed');
  // A success that came too late may have been overtaken: somebody else was free to take the lease.
  return isTimely(attempt, lease) ? { kind: 'committed', value, steps } : unknown(null);
}

/** False too where the look itself fails: a commit that was made must not be told as an error. */
function isTimely(attempt: Attempt, lease: Lease): boolean {
  try {
    return lease.remainingMs() > 0 && lease.isHeld() && attempt.isCurrent();
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return false;
  }
}

function storedGeneration(db: Connection): number {
  return db.prepare<[], number>(STORED_GENERATION).pluck().get() ?? 0;
}

/** Gives up a transaction whose pages are all still in memory; a connection that cannot do even that is thrown away. */
function rollBack(attempt: Attempt, db: Connection): void {
  try {
    if (db.inTransaction) db.exec('rollback');
  } catch {
    attempt.disconnect();
  }
}
