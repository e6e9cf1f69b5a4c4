import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { deleteJobs } from '../../src/queue/delete.js';
import { resubmitJobs, retryJobs } from '../../src/queue/resubmit.js';
import {
  ALL,
  claim,
  fileIn,
  finish,
  makeNode,
  makeQueue,
  only,
  rows,
  submit,
} from './make-queue.js';

test('resubmit puts an ended job back under its jid, and counts its attempts on', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 3);
  const { jobs } = await resubmitJobs(queue, ALL, { priority: 5 });
  t.like(jobs[0], {
    jid: 1,
    state: 'pending',
    priority: 5,
    attempt: 1,
    started: null,
    finished: null,
    elapsed: null,
    exit_status: null,
    runner: null,
    node: null,
    pid: null,
    stdout: null,
    reason: null,
  });
  t.is((await claim(queue, await makeNode(queue), 1))[0]?.attempt, 2);
  t.deepEqual((await resubmitJobs(queue, ALL)).skipped, [{ jid: 1, reason: 'job 1 is running' }]);
});

test('resubmit can stage the job and give it another stdin', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 0);
  const stdinFile = fileIn(queue, 'in', 'text');
  const { jobs } = await resubmitJobs(queue, ALL, { staged: true, stdinFile });
  t.like(jobs[0], { state: 'holding', stdin: 'stdin/1' });
  t.is(readFileSync(join(queue.paths.stdin, '1'), 'utf8'), 'text');
});

test('retry takes what failed and leaves what succeeded', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 0, 1);
  await submit(queue, {});
  const { jobs, skipped } = await retryJobs(queue, ALL);
  t.deepEqual(
    jobs.map(({ jid }) => jid),
    [2],
  );
  t.deepEqual(skipped, [
    { jid: 1, reason: 'job 1 succeeded' },
    { jid: 3, reason: 'job 3 is pending' },
  ]);
});

test('a job that is only presumed dead wants force to be touched', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {}, {});
  await claim(queue, await makeNode(queue), 2);
  await queue.write('rescue', (tx) => {
    tx.db.exec(`update jobs set state = 'dead', finished = started, presumed = 1`);
  });
  for (const change of [resubmitJobs, retryJobs]) {
    const { jobs, skipped } = await change(queue, only(1));
    t.deepEqual(jobs, []);
    t.regex(skipped[0]?.reason ?? '', /only presumed dead: it may still run on n1\.example\.org/);
  }
  t.is((await deleteJobs(queue, only(1))).jobs.length, 0);
  t.is((await retryJobs(queue, only(1), {}, { force: true })).jobs[0]?.state, 'pending');
  t.is((await deleteJobs(queue, only(2), { force: true })).jobs.length, 1);
  t.deepEqual(rows(queue, 'select jid, presumed from jobs'), [{ jid: 1, presumed: 0 }]);
});
