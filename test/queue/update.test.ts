import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { deleteJobs } from '../../src/queue/delete.js';
import { holdJobs, releaseJobs } from '../../src/queue/hold.js';
import { readJob, readJobs } from '../../src/queue/select.js';
import { updateJobs } from '../../src/queue/update.js';
import {
  ALL,
  claim,
  fileIn,
  makeNode,
  makeQueue,
  mixedQueue,
  only,
  rows,
  submit,
} from './make-queue.js';

test('update changes what has not begun, and says why it leaves the rest', async (t) => {
  const queue = makeQueue(t);
  await mixedQueue(queue);
  const { jobs, skipped } = await updateJobs(
    queue,
    { kind: 'union', parts: [only(99), ALL] },
    { priority: 7, tag: "it's", env: { A: 'b' }, restartable: true },
  );
  t.deepEqual(
    jobs.map(({ jid, priority, tag }) => [jid, priority, tag]),
    [
      [3, 7, "it's"],
      [4, 7, "it's"],
    ],
  );
  t.deepEqual(skipped, [
    { jid: 1, reason: 'job 1 is running' },
    { jid: 2, reason: 'job 2 is finished' },
    { jid: 99, reason: 'no job 99', isMissing: true },
  ]);
  t.deepEqual(readJob(queue, 3), jobs[0] ?? null);
});

test('update writes who changed what, and nothing where nothing changed', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, { priority: 1, hosts: ['a'] });
  await updateJobs(queue, ALL, { priority: 2, hosts: ['a'] });
  await updateJobs(queue, ALL, { priority: 2 });
  t.deepEqual(rows(queue, `select jid, before, after from events where operation = 'update'`), [
    { jid: 1, before: '{"priority":1}', after: '{"priority":2}' },
  ]);
});

test('a new command replaces an exact argv, and a new argv the command', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, { command: 'ls -l', argv: ['ls', '-l'] });
  t.like((await updateJobs(queue, ALL, { command: 'ls | wc' })).jobs[0], {
    command: 'ls | wc',
    argv: null,
  });
  t.like((await updateJobs(queue, ALL, { argv: ['echo', 'a b'] })).jobs[0], {
    command: `echo 'a b'`,
    argv: ['echo', 'a b'],
  });
});

test('a job that gets other hosts is claimed there and nowhere else', async (t) => {
  const queue = makeQueue(t);
  const node = await makeNode(queue);
  await submit(queue, {});
  await updateJobs(queue, ALL, { hosts: ['elsewhere'] });
  t.is((await claim(queue, node, 1)).length, 0);
  await updateJobs(queue, ALL, { hosts: ['n1'] });
  t.is((await claim(queue, node, 1)).length, 1);
});

test('a dry run tells the same and changes nothing', async (t) => {
  const queue = makeQueue(t);
  await mixedQueue(queue);
  const before = [...readJobs(queue, ALL)];
  const commits = rows(queue, 'select count(*) from commits');
  const planned = await updateJobs(queue, ALL, { priority: 7 }, { dryRun: true });
  await deleteJobs(queue, ALL, { dryRun: true });
  t.deepEqual([...readJobs(queue, ALL)], before);
  t.deepEqual(rows(queue, 'select count(*) from commits'), commits);
  t.deepEqual(planned, await updateJobs(queue, ALL, { priority: 7 }));
});

test('a change that fits no job takes no lease', async (t) => {
  const queue = makeQueue(t);
  const commits = rows(queue, 'select count(*) from commits');
  t.deepEqual(await updateJobs(queue, ALL, { priority: 7 }), { jobs: [], skipped: [] });
  t.deepEqual(rows(queue, 'select count(*) from commits'), commits);
});

test('stdin is replaced, and taken away', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, { stdinFile: fileIn(queue, 'a', 'old') }, {});
  const changed = await updateJobs(queue, ALL, { stdinFile: fileIn(queue, 'b', 'new') });
  t.deepEqual(
    changed.jobs.map(({ stdin }) => stdin),
    ['stdin/1', 'stdin/2'],
  );
  t.deepEqual(readdirSync(queue.paths.stdin).toSorted(), ['1', '2']);
  t.is(readFileSync(join(queue.paths.stdin, '1'), 'utf8'), 'new');
  const without = await updateJobs(queue, only(1), { stdinFile: null });
  t.is(without.jobs[0]?.stdin, null);
  t.deepEqual(readdirSync(queue.paths.stdin), ['2']);
});

test('a new stdin is not overtaken by the one whose submitter is late to rename it', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {});
  const late = 'u.00000000000000aa';
  writeFileSync(join(queue.paths.stdin, late), 'old');
  await queue.write('submit', (tx) => {
    tx.db.prepare(`update jobs set upload = ?, stdin = 'stdin/1'`).run(late);
  });
  await updateJobs(queue, ALL, { stdinFile: fileIn(queue, 'b', 'new') });
  t.false(existsSync(join(queue.paths.stdin, late)));
  t.is(readFileSync(join(queue.paths.stdin, '1'), 'utf8'), 'new');
});

test('uploads for jobs that are not changed do not stay', async (t) => {
  const queue = makeQueue(t);
  await mixedQueue(queue);
  await updateJobs(queue, ALL, { stdinFile: fileIn(queue, 'b', 'new') });
  t.deepEqual(readdirSync(queue.paths.stdin).toSorted(), ['3', '4']);
});

test('hold keeps a job back and release lets it go', async (t) => {
  const queue = makeQueue(t);
  const node = await makeNode(queue);
  await submit(queue, {});
  t.is((await holdJobs(queue, ALL)).jobs[0]?.state, 'holding');
  t.deepEqual((await holdJobs(queue, ALL)).skipped, [{ jid: 1, reason: 'job 1 is holding' }]);
  t.is((await claim(queue, node, 1)).length, 0);
  t.is((await releaseJobs(queue, ALL)).jobs[0]?.state, 'pending');
  t.is((await claim(queue, node, 1)).length, 1);
  t.deepEqual((await releaseJobs(queue, ALL)).skipped, [{ jid: 1, reason: 'job 1 is running' }]);
});

test('a change of more jobs than a transaction holds is made in whole chunks', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, ...Array.from({ length: 10_001 }, () => ({})));
  const { jobs } = await updateJobs(queue, ALL, { priority: 3 });
  t.is(jobs.length, 10_001);
  t.deepEqual(rows(queue, 'select count(*) as n from jobs where priority = 3'), [{ n: 10_001 }]);
  t.is(rows(queue, `select * from commits where operation = 'update'`).length, 2);
});
