import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { deleteJobs } from '../../src/queue/delete.js';
import { readJob, readJobs } from '../../src/queue/select.js';
import { ALL, makeQueue, mixedQueue, rows, submit } from './make-queue.js';

test('delete takes all but running jobs, with their files, into the trash', async (t) => {
  const queue = makeQueue(t);
  await mixedQueue(queue);
  writeFileSync(join(queue.paths.stdout, '2'), 'out');
  writeFileSync(join(queue.paths.stderr, '2'), 'err');
  const second = readJob(queue, 2);
  const { jobs, skipped } = await deleteJobs(queue, ALL);
  t.deepEqual(
    jobs.map(({ jid }) => jid),
    [2, 3, 4],
  );
  t.deepEqual(jobs[0], second ?? undefined);
  t.deepEqual(skipped, [{ jid: 1, reason: 'job 1 is running' }]);
  t.deepEqual(readdirSync(join(queue.paths.trash, '2')).toSorted(), ['stderr', 'stdout']);
  t.deepEqual(readdirSync(queue.paths.stdout), []);
  t.deepEqual(
    [...readJobs(queue, ALL)].map(({ jid }) => jid),
    [1],
  );
  t.deepEqual(rows(queue, `select jid, job ->> 'state' as state from trash where jid = 2`), [
    { jid: 2, state: 'finished' },
  ]);
  t.deepEqual(rows(queue, 'select outcome from attempts where jid = 2'), [{ outcome: 'finished' }]);
});

test('a deleted jid is never used again', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {}, {});
  await deleteJobs(queue, ALL);
  t.is((await submit(queue, {}))[0]?.jid, 3);
});

test('a deleted job takes its data along', async (t) => {
  const queue = makeQueue(t);
  const dataPath = join(queue.directory, '..', 'data');
  mkdirSync(dataPath);
  writeFileSync(join(dataPath, 'file'), 'x');
  await submit(queue, { dataPath });
  await deleteJobs(queue, ALL);
  t.is(readFileSync(join(queue.paths.trash, '1', 'data', 'file'), 'utf8'), 'x');
  t.deepEqual(readdirSync(queue.paths.data), []);
});
