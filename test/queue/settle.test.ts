import test from 'ava';
import { resubmitJobs } from '../../src/queue/resubmit.js';
import { readJob } from '../../src/queue/select.js';
import type { Queue } from '../../src/queue/queue.js';
import type { NewJob } from '../../src/domain/job.js';
import { claim, makeNode, makeQueue, rows, settle, submit } from './make-queue.js';

async function running(queue: Queue, fields: Partial<NewJob> = {}): Promise<string> {
  await submit(queue, fields);
  const [job] = await claim(queue, await makeNode(queue), 1);
  return job?.token ?? '';
}

const outcomes = (queue: Queue): unknown[] =>
  rows(queue, 'select outcome from attempts order by jid, attempt').map(
    (row) => Object.values(row ?? {})[0],
  );

test('an ended attempt finishes its job with what was measured', async (t) => {
  const queue = makeQueue(t);
  const token = await running(queue);
  const { settled, job } = await settle(queue, token, { exitStatus: 3 });
  t.true(settled);
  t.like(job, {
    state: 'finished',
    exit_status: 3,
    signal: null,
    elapsed: 1.5,
    cpu: 0.25,
    max_rss: 2048,
  });
  t.truthy(job?.finished);
  t.deepEqual(readJob(queue, 1), job);
  t.like(rows(queue, 'select * from attempts')[0], {
    outcome: 'finished',
    exit_status: 3,
    elapsed: 1.5,
  });
});

test('a death by signal has a signal and no exit status', async (t) => {
  const queue = makeQueue(t);
  const { job } = await settle(queue, await running(queue), { signal: 'SIGKILL', exitStatus: 137 });
  t.like(job, { state: 'finished', exit_status: null, signal: 'SIGKILL' });
});

test('a result that arrives twice counts once', async (t) => {
  const queue = makeQueue(t);
  const token = await running(queue);
  await settle(queue, token, { exitStatus: 3 });
  t.deepEqual(await settle(queue, token, { exitStatus: 0 }), { settled: false, job: null });
  t.is(readJob(queue, 1)?.exit_status, 3);
  t.deepEqual(rows(queue, `select count(*) as n from events where operation = 'settle'`), [
    { n: 1 },
  ]);
});

test('an unknown token is nothing to settle', async (t) => {
  const queue = makeQueue(t);
  t.false((await settle(queue, 'ffffffffffffffff')).settled);
});

test('an attempt that never ran puts its job back, and the next has a new number', async (t) => {
  const queue = makeQueue(t);
  const token = await running(queue);
  const { job } = await settle(queue, token, { outcome: 'unrun', exitStatus: null });
  t.like(job, {
    state: 'pending',
    attempt: 1,
    started: null,
    pid: null,
    node: null,
    runner: null,
    stdout: null,
  });
  t.deepEqual(outcomes(queue), ['no-go']);
  t.like((await claim(queue, await makeNode(queue), 1))[0], { attempt: 2 });
  t.false((await settle(queue, token)).settled, 'the old attempt can say no more');
  t.is(readJob(queue, 1)?.state, 'running');
});

test('an attempt that could not start says why its job is pending again', async (t) => {
  const queue = makeQueue(t);
  const reason = 'ENOSPC: no space left on device';
  const unrun = { outcome: 'unrun', exitStatus: null, reason } as const;
  const { job } = await settle(queue, await running(queue), unrun);
  t.like(job, { state: 'pending', reason: `attempt 1 could not start on n1: ${reason}` });
  const [next] = await claim(queue, await makeNode(queue), 1);
  t.is(next?.reason, null);
});

test('a lost result makes a job dead, or pending again if it is restartable', async (t) => {
  const queue = makeQueue(t);
  const once = await running(queue);
  const again = await running(queue, { restartable: true });
  const lost = { outcome: 'lost', exitStatus: null, reason: 'runner killed' } as const;
  t.like((await settle(queue, once, lost)).job, {
    state: 'dead',
    reason: 'result-lost: runner killed',
  });
  t.like((await settle(queue, again, lost)).job, {
    state: 'pending',
    reason: 'result-lost: runner killed',
  });
  t.deepEqual(outcomes(queue), ['lost', 'lost']);
});

test('the late, true result of the same attempt brings a dead job to its end', async (t) => {
  const queue = makeQueue(t);
  const token = await running(queue);
  await settle(queue, token, { outcome: 'lost', exitStatus: null });
  t.like((await settle(queue, token, { exitStatus: 4 })).job, {
    state: 'finished',
    exit_status: 4,
    reason: null,
  });
  t.deepEqual(outcomes(queue), ['finished']);
});

test('a late result is refused once the job was submitted again', async (t) => {
  const queue = makeQueue(t);
  const token = await running(queue);
  await settle(queue, token, { outcome: 'lost', exitStatus: null });
  await resubmitJobs(queue, { kind: 'all' });
  t.false((await settle(queue, token)).settled);
  t.is(readJob(queue, 1)?.state, 'pending');
  await queue.write('kill', (tx) => {
    tx.db.exec(`update jobs set state = 'dead', finished = submitted, reason = 'killed'`);
  });
  t.false((await settle(queue, token)).settled, 'dead for another reason than this attempt');
  t.like(readJob(queue, 1), { state: 'dead', reason: 'killed' });
});

test('a stopped feeder gives restartable jobs back and finishes the others with their signal', async (t) => {
  const queue = makeQueue(t);
  const once = await running(queue);
  const again = await running(queue, { restartable: true });
  const stopped = { outcome: 'stopped', exitStatus: null, signal: 'SIGTERM' } as const;
  t.like((await settle(queue, once, stopped)).job, {
    state: 'finished',
    signal: 'SIGTERM',
    reason: 'stopped with its feeder on n1',
  });
  t.like((await settle(queue, again, stopped)).job, { state: 'pending', signal: null, attempt: 1 });
  t.deepEqual(outcomes(queue), ['stopped', 'stopped']);
});
