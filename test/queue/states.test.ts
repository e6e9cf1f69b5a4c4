import test from 'ava';
import { canBecome, JOB_STATES, type JobState } from '../../src/domain/state.js';
import type { Connection } from '../../src/sqlite.js';
import { makeQueue, submit } from './make-queue.js';

/** Tries `from -> to` on job 1 inside a transaction that is given up. */
function sqlAllows(db: Connection, from: JobState, to: JobState): boolean {
  const put = (state: string, extra = ''): void => {
    db.exec(`update jobs set state = '${state}' ${extra} where jid = 1`);
  };
  db.exec('savepoint arrow');
  try {
    db.exec('drop trigger jobs_arrows');
    put(from, `, attempt = 1, node = 'n', runner = 'h'`);
    db.exec('rollback to arrow');
    // The trigger is back; the row is set to its first state by a legal way round.
    db.exec(`delete from jobs`);
    db.exec(`
      insert into jobs (jid, state, submitted, submitter, command, user, class, attempt, node, runner)
      values (1, '${from}', 't', 'h', 'true', 'u', 1, 1, 'n', 'h')
    `);
    put(to);
    return true;
  } catch {
    return false;
  } finally {
    db.exec('rollback to arrow');
    db.exec('release arrow');
  }
}

test('the arrows of the schema are those of the code', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {});
  await queue.write('test', (tx) => {
    for (const from of JOB_STATES) {
      for (const to of JOB_STATES) {
        const expected = from === to || canBecome(from, to);
        t.is(sqlAllows(tx.db, from, to), expected, `${from} > ${to}`);
      }
    }
  });
});

test('the states of the schema are those of the code', async (t) => {
  const queue = makeQueue(t);
  const sql = queue.read((db) =>
    db.prepare<[], string>(`select sql from sqlite_schema where name = 'jobs'`).pluck().get(),
  );
  const list = /check \(state in \(([^)]*)\)\)/.exec(sql ?? '')?.[1] ?? '';
  t.deepEqual(
    list.split(',').map((word) => word.trim().replaceAll("'", '')),
    [...JOB_STATES],
  );
});
