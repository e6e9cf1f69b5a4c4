import test from 'ava';
import { Connections } from '../../src/queue/connections.js';
import { attemptTransaction } from '../../src/queue/transaction.js';
import { makeQueue } from './make-queue.js';

test('a commit whose lease cannot be looked at afterwards is unknown, and is found by its token', async (t) => {
  const queue = makeQueue(t);
  const connections = new Connections(queue.paths, queue.uuid);
  const lease = await queue.acquireLease();
  const blind = {
    generation: lease.generation,
    wasEmpty: lease.wasEmpty,
    stole: lease.stole,
    stampMs: lease.stampMs,
    stampMonotonicMs: lease.stampMonotonicMs,
    assertHeld: (neededMs: number) => lease.assertHeld(neededMs),
    isHeld: () => {
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    },
    remainingMs: () => lease.remainingMs(),
    lastBeatUptimeMs: () => lease.lastBeatUptimeMs(),
    moved: () => lease.moved(),
    release: () => lease.release(),
  };
  const attempt = {
    paths: queue.paths,
    operation: 'test',
    selfLimitMs: 20_000,
    actor: { user: 'ada', host: 'alder' },
    connect: () => connections.writer(),
    disconnect: () => connections.closeWriter(),
    isCurrent: () => connections.isWriterCurrent(),
  };
  const outcome = attemptTransaction(attempt, blind, () => 'done');
  await lease.release();
  t.is(outcome.kind, 'unknown');
  const token = outcome.kind === 'unknown' ? outcome.token : '';
  const find = 'select count(*) from commits where token = ?';
  t.is(
    queue.read((db) => db.prepare<[string], number>(find).pluck().get(token)),
    1,
  );
});
