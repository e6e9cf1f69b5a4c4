import test from 'ava';
import {
  readNodes,
  runningAttempts,
  setNodeSlots,
  setNodeState,
  type NodeRow,
} from '../../src/queue/nodes.js';
import type { Queue } from '../../src/queue/queue.js';
import { claim, makeNode, makeQueue, settle, submit } from './make-queue.js';

const nodes = (queue: Queue): NodeRow[] => queue.read(readNodes);

test('a node keeps its id over restarts and reboots', async (t) => {
  const queue = makeQueue(t);
  const first = await makeNode(queue);
  const again = await makeNode(queue, { bootId: 'boot-2', feederPid: 7, slots: 8 });
  t.is(again.id, first.id);
  t.deepEqual(nodes(queue), [again]);
  const other = await makeNode(queue, { machineId: 'm2' });
  const somebody = await makeNode(queue, { uid: 1001 });
  t.is(new Set([first.id, other.id, somebody.id]).size, 3);
});

test('a feeder that was replaced does not end the node of its successor', async (t) => {
  const queue = makeQueue(t);
  const old = await makeNode(queue);
  const fresh = await makeNode(queue, { feederPid: 101, feederStart: 2 });
  t.false(await queue.write('sign-off', (tx) => setNodeState(tx, old, 'stopped')));
  t.is(nodes(queue)[0]?.state, 'feeding');
  t.true(await queue.write('sign-off', (tx) => setNodeState(tx, fresh, 'stopped')));
  t.is(nodes(queue)[0]?.state, 'stopped');
});

test('slots are set for the nodes that are meant', async (t) => {
  const queue = makeQueue(t);
  await makeNode(queue);
  await makeNode(queue, { name: 'n2', machineId: 'm2', host: 'n2' });
  t.deepEqual(
    (await setNodeSlots(queue, { name: 'n2' }, 5)).map(({ name, slots }) => [name, slots]),
    [['n2', 5]],
  );
  t.is((await setNodeSlots(queue, {}, 1)).length, 2);
  t.deepEqual(await setNodeSlots(queue, { name: 'nobody' }, 1), []);
  await t.throwsAsync(setNodeSlots(queue, {}, -1), { message: /number of slots/ });
});

test('running attempts are those that were claimed and not settled', async (t) => {
  const queue = makeQueue(t);
  const node = await makeNode(queue);
  await submit(queue, {}, { restartable: true });
  const [first, second] = await claim(queue, node, 2);
  await settle(queue, first?.token ?? '');
  const attempts = queue.read((db) => runningAttempts(db, node.id));
  t.is(attempts.length, 1);
  t.like(attempts[0], {
    jid: 2,
    attempt: 1,
    token: second?.token,
    bootId: 'boot-1',
    spool: 'spool-1',
    pid: second?.pid,
    restartable: true,
  });
  t.deepEqual(
    queue.read((db) => runningAttempts(db, node.id + 1)),
    [],
  );
});
