import test from 'ava';
import { acquireLease } from '../../src/lock/lease.js';
import { deleteJobs } from '../../src/queue/delete.js';
import { readStatus, TEMPORAL } from '../../src/queue/status.js';
import { claim, finish, makeNode, makeQueue, settle, submit } from './make-queue.js';

test('an empty queue has a whole, empty status', (t) => {
  const queue = makeQueue(t);
  t.deepEqual(readStatus(queue), {
    jobs: { pending: 0, holding: 0, waiting: 0, running: 0, finished: 0, dead: 0, total: 0 },
    temporal: {},
    performance: { avg_time_per_job: null, n_jobs_in_last_hrs: { 1: 0, 12: 0, 24: 0 } },
    exit_status: { successes: 0, failures: 0, ok: 0 },
    exit_codes: {},
    nodes: {},
    tags: {},
    lease: null,
  });
});

test('status counts states, results, nodes and tags', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 0, 0, 42, 3);
  const node = await makeNode(queue);
  await submit(queue, { priority: 3 }, { priority: 2 }, { priority: 1, tag: 'x' });
  const [killed, lost] = await claim(queue, node, 3);
  await settle(queue, killed?.token ?? '', {
    exitStatus: null,
    signal: 'SIGKILL',
    elapsedSeconds: 10,
  });
  await settle(queue, lost?.token ?? '', {
    outcome: 'lost',
    exitStatus: null,
    elapsedSeconds: null,
  });
  await submit(queue, { tag: 'x', staged: true }, { tag: '__proto__' }, {});
  const status = readStatus(queue, { exit: { odd: [3, 42], none: [7] } });
  t.deepEqual(Object.keys(status), [
    'jobs',
    'temporal',
    'performance',
    'exit_status',
    'exit_codes',
    'nodes',
    'tags',
    'lease',
  ]);
  t.deepEqual(status.jobs, {
    pending: 2,
    holding: 1,
    waiting: 0,
    running: 1,
    finished: 5,
    dead: 1,
    total: 10,
  });
  t.deepEqual(status.temporal.finished, { min: { 1: '00h00m01.50s' }, max: { 5: '00h00m10.00s' } });
  t.deepEqual(Object.keys(status.temporal.running?.min ?? {}), ['7']);
  t.is(status.temporal.dead, undefined);
  t.is(status.performance.avg_time_per_job, '00h00m03.20s');
  t.deepEqual(status.performance.n_jobs_in_last_hrs, { 1: 5, 12: 5, 24: 5 });
  t.deepEqual(status.exit_status, { successes: 2, failures: 4, odd: 2, none: 0 });
  t.deepEqual(status.exit_codes, { 0: 2, 3: 1, 42: 1, SIGKILL: 1 });
  t.deepEqual(status.nodes, { n1: { running: 1, slots: 2, state: 'feeding' } });
  t.deepEqual(Object.entries(status.tags), [
    ['__proto__', { pending: 1 }],
    ['x', { holding: 1, running: 1 }],
  ]);
});

test('ages of what has not begun count from its submission', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {}, {});
  await queue.write('test', (tx) => {
    const hourAgo = new Date(Date.parse(tx.now) - 3_600_000).toISOString();
    tx.db.prepare('update jobs set submitted = ? where jid = 2').run(hourAgo);
  });
  const { pending } = readStatus(queue).temporal;
  t.deepEqual(Object.keys(pending?.min ?? {}), ['1']);
  t.regex(pending?.max['2'] ?? '', /^01h00m/);
});

test('deleting jobs does not change how many finished lately', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 0, 0);
  await deleteJobs(queue, { kind: 'all' });
  const status = readStatus(queue);
  t.is(status.jobs.total, 0);
  t.is(status.performance.n_jobs_in_last_hrs[1], 2);
  t.is(status.performance.avg_time_per_job, null);
});

test('who writes at the moment is named', async (t) => {
  const queue = makeQueue(t);
  const lease = await acquireLease({
    directory: queue.paths.lease,
    times: queue.settings.lease,
    floor: () => 0,
    waitMs: 0,
    beatFromWorker: false,
  });
  const held = readStatus(queue).lease;
  t.is(held?.pid, process.pid);
  t.truthy(held?.host);
  await lease.release();
  t.is(readStatus(queue).lease, null);
});

test('status reads the ends of indexes and scans no jobs', (t) => {
  const queue = makeQueue(t);
  const indexes = { unstarted: 'jobs_waiting', running: 'jobs_started', ended: 'jobs_elapsed' };
  for (const kind of ['unstarted', 'running', 'ended'] as const) {
    for (const sql of TEMPORAL[kind]) {
      const plan = queue.read((db) =>
        db.prepare<[object], { detail: string }>(`explain query plan ${sql}`).all({ state: 'x' }),
      );
      const text = plan.map(({ detail }) => detail).join('\n');
      t.true(text.includes(indexes[kind]), text);
      t.notRegex(text, /TEMP B-TREE/);
      t.is(plan.length, 1);
    }
  }
});
