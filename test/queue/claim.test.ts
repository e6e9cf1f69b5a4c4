import test from 'ava';
import { BEST_OF_CLASS, hasClaimable } from '../../src/queue/claim.js';
import { readJob } from '../../src/queue/select.js';
import { claim, makeNode, makeQueue, rows, settle, submit } from './make-queue.js';

test('takes the highest priority first, then the lowest jid, over all classes', async (t) => {
  const queue = makeQueue(t);
  const node = await makeNode(queue);
  await submit(
    queue,
    { priority: 1 },
    { priority: 5, hosts: ['n*'] },
    { priority: 5 },
    { priority: -1, lane: 'gpu' },
    { priority: 9, hosts: ['other'] },
    { priority: 9, staged: true },
  );
  const first = await claim(queue, node, 2);
  t.deepEqual(
    first.map(({ jid }) => jid),
    [2, 3],
  );
  t.deepEqual(
    (await claim(queue, node, 9)).map(({ jid }) => jid),
    [1, 4],
  );
});

test('a claimed job runs in its shell, and is not claimed again', async (t) => {
  const queue = makeQueue(t);
  const node = await makeNode(queue);
  await submit(queue, {});
  const [job] = await claim(queue, node, 1);
  t.like(readJob(queue, 1), {
    state: 'running',
    attempt: 1,
    runner: 'n1.example.org',
    node: 'n1',
    pid: job?.pid,
    stdout: 'stdout/1',
    stderr: 'stderr/1',
  });
  t.like(rows(queue, 'select * from attempts')[0], {
    jid: 1,
    attempt: 1,
    token: job?.token,
    node_id: node.id,
    boot_id: 'boot-1',
    spool: 'spool-1',
    pid: job?.pid,
    claimed: job?.started,
    outcome: 'running',
  });
  t.is((await claim(queue, node, 1)).length, 0);
});

test("a node takes only its own user's jobs, unless told otherwise", async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {});
  const node = await makeNode(queue, { user: 'somebody else' });
  const ask = (anyUser: boolean): boolean =>
    queue.read((db) => hasClaimable(db, { node, anyUser }));
  t.false(ask(false));
  t.is((await claim(queue, node, 1)).length, 0);
  t.true(ask(true));
  t.is((await claim(queue, node, 1, { anyUser: true })).length, 1);
  t.false(ask(true));
});

test('hosts are matched whole: node1 does not take the jobs of node10', async (t) => {
  const queue = makeQueue(t);
  await submit(
    queue,
    { hosts: ['node10'] },
    { hosts: ['NODE1'] },
    { hosts: ['a', 'node1.example.org'] },
  );
  const node = await makeNode(queue, { name: 'part1', host: 'node1.example.org' });
  t.deepEqual(
    (await claim(queue, node, 9)).map(({ jid }) => jid),
    [2, 3],
  );
  t.false(queue.read((db) => hasClaimable(db, { node, anyUser: true })));
});

test('a node may serve only some lanes', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {}, { lane: 'gpu' });
  const node = await makeNode(queue);
  t.deepEqual(
    (await claim(queue, node, 9, { lanes: ['gpu'] })).map(({ jid }) => jid),
    [2],
  );
});

test('no shell, no claim; a node without a spool claims nothing at all', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {});
  t.deepEqual(await claim(queue, await makeNode(queue), 0), []);
  const node = await makeNode(queue, { spool: null });
  await t.throwsAsync(claim(queue, node, 1), { message: /without a spool/ });
});

test('the upload name stays until the attempt has run', async (t) => {
  const queue = makeQueue(t);
  const node = await makeNode(queue);
  await submit(queue, { stdinFile: '/dev/null' });
  const [first] = await claim(queue, node, 1);
  t.regex(first?.upload ?? '', /^u\./);
  await settle(queue, first?.token ?? '', { outcome: 'unrun', exitStatus: null });
  const [second] = await claim(queue, node, 1);
  t.is(second?.upload, first?.upload);
  await settle(queue, second?.token ?? '');
  t.deepEqual(rows(queue, 'select upload from jobs'), [{ upload: null }]);
});

test('a claim walks one index, whatever else waits in the queue', (t) => {
  const queue = makeQueue(t);
  const plan = queue.read((db) =>
    db
      .prepare<[object], { detail: string }>(`explain query plan ${BEST_OF_CLASS}`)
      .all({ class: 1, limit: 4 }),
  );
  t.deepEqual(
    plan.map(({ detail }) => detail),
    ['SEARCH jobs USING COVERING INDEX jobs_claim (class=?)'],
  );
});
