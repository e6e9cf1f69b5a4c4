import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { deleteJobs } from '../../src/queue/delete.js';
import { keepHouse } from '../../src/queue/housekeeping.js';
import { claim, finish, makeNode, makeQueue, rows, submit } from './make-queue.js';

const ALL = { kind: 'all' } as const;
const UPLOADS = ['u.00000000000000aa', 'u.00000000000000bb', 'u.00000000000000cc'] as const;

test('deleted jobs stay in the trash for their time', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 0);
  writeFileSync(join(queue.paths.stdout, '1'), 'out');
  await deleteJobs(queue, ALL);
  t.deepEqual(await keepHouse(queue), { expired: 0, uploads: 0 });
  t.deepEqual(readdirSync(queue.paths.trash), ['1']);
  t.is(rows(queue, 'select * from trash').length, 1);
});

test('expired jobs leave the trash with their files and attempts', async (t) => {
  const queue = makeQueue(t, { settings: { trash_keep_s: 0 } });
  await finish(queue, 0, 0);
  writeFileSync(join(queue.paths.stdout, '1'), 'out');
  await deleteJobs(queue, { kind: 'jids', ranges: [[1, 1]] });
  // The queue clock counts milliseconds: what was deleted in this one is not older than it.
  await submit(queue, {});
  t.is((await keepHouse(queue)).expired, 1);
  t.deepEqual(readdirSync(queue.paths.trash), []);
  t.deepEqual(rows(queue, 'select * from trash'), []);
  t.deepEqual(rows(queue, 'select jid from attempts'), [{ jid: 2 }]);
});

test('files that a crashed delete left in their places come to the trash', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 0);
  writeFileSync(join(queue.paths.stdout, '1'), 'out');
  await deleteJobs(queue, ALL);
  renameSync(join(queue.paths.trash, '1', 'stdout'), join(queue.paths.stdout, '1'));
  await keepHouse(queue);
  t.true(existsSync(join(queue.paths.trash, '1', 'stdout')));
  mkdirSync(join(queue.paths.trash, '77', 'data'), { recursive: true });
  await keepHouse(queue);
  t.false(existsSync(join(queue.paths.trash, '77')), 'of a job that is nowhere');
});

test('old uploads that no job names are removed, others stay', async (t) => {
  const queue = makeQueue(t);
  const [unused, used, fresh] = UPLOADS;
  await submit(queue, {});
  await queue.write('test', (tx) => {
    tx.db.prepare('update jobs set upload = ?').run(used);
  });
  const longAgo = new Date(Date.now() - 2 * 86_400_000);
  for (const name of UPLOADS) {
    writeFileSync(join(queue.paths.stdin, name), 'x');
    if (name !== fresh) utimesSync(join(queue.paths.stdin, name), longAgo, longAgo);
  }
  mkdirSync(join(queue.paths.data, unused));
  utimesSync(join(queue.paths.data, unused), longAgo, longAgo);
  t.is((await keepHouse(queue)).uploads, 2);
  t.deepEqual(readdirSync(queue.paths.stdin).toSorted(), [used, fresh]);
  t.deepEqual(readdirSync(queue.paths.data), []);
});

test('throughput of long ago is forgotten, that of today is not', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 0);
  await queue.write('test', (tx) => {
    tx.db.exec(`insert into minutes values ('2001-01-01T00:00', 5)`);
  });
  await keepHouse(queue);
  t.is(rows(queue, 'select * from minutes').length, 1);
});

test('what is in use is left alone', async (t) => {
  const queue = makeQueue(t, { settings: { trash_keep_s: 0 } });
  await submit(queue, { stdinFile: '/dev/null' }, { stdinFile: '/dev/null' });
  await claim(queue, await makeNode(queue), 1);
  await keepHouse(queue);
  t.deepEqual(readdirSync(queue.paths.stdin).toSorted(), ['1', '2']);
  t.is(rows(queue, 'select * from attempts').length, 1);
});
