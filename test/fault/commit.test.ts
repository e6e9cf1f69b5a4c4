import { cpSync, renameSync, rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { openQueue } from '../../src/queue/open.js';
import type { Queue } from '../../src/queue/queue.js';
import { submitJobs } from '../../src/queue/submit.js';
import { makeQueue, newJob } from '../queue/make-queue.js';
import { Actor, highestGeneration, problemsOf, until } from './queue-under-test.js';
import { callsOf, inject } from './strace.js';

test('a COMMIT that a reader holds up gives way, and succeeds when the reader is gone', async (t) => {
  // With a lease that lasts, it is not the lease that ends its patience.
  const lease = { lease_ttl_ms: 900_000, lease_self_limit_ms: 800_000, lease_beat_ms: 100_000 };
  const queue = await makeUsed(t, lease);
  const { directory } = queue;
  const reader = new Actor(t, 'journal', [directory, 'read']);
  await reader.says(/READING/);
  const before = highestGeneration(directory);
  const writer = new Actor(t, 'operate', []);
  writer.tell(`${directory} submit`);
  // It has let the lease go and taken another one.
  await until('a second try', () => highestGeneration(directory) >= before + 2);
  t.notRegex(writer.output, /COMMITTED|FAILED/);
  reader.tell('');
  t.is(await writer.ended(), 0, writer.said);
  t.regex(writer.output, /COMMITTED/);
  t.is(count(queue, 'fresh'), 1);
  t.deepEqual(problemsOf(queue), []);
});

test('while a COMMIT waits for a reader others can read, and have their turn to write', async (t) => {
  const queue = await makeUsed(t);
  const { directory } = queue;
  const reader = new Actor(t, 'journal', [directory, 'read']);
  await reader.says(/READING/);
  const before = highestGeneration(directory);
  const writers = [1, 2].map(() => new Actor(t, 'operate', []));
  for (const writer of writers) writer.tell(`${directory} submit`);
  await until('both had a try', () => highestGeneration(directory) >= before + 3);
  const other = new Actor(t, 'journal', [directory, 'tags']);
  t.is(await other.ended(), 0, other.said);
  reader.tell('');
  for (const writer of writers) t.is(await writer.ended(), 0, writer.said);
  t.is(count(queue, 'fresh'), 2);
});

for (const [name, what] of [
  ['fsync', 'last sync of the journal'],
  ['pwrite64', 'write that makes the journal void'],
] as const) {
  test(`a COMMIT that fails at the ${what} is looked up, and its job is there once or not at all`, async (t) => {
    const queue = await makeUsed(t);
    const { directory } = queue;
    const writer = new Actor(t, 'operate', []);
    await writer.says(/READY/);
    const copy = `${directory}.copy`;
    cpSync(directory, copy, { recursive: true });
    const calls = await callsOf(
      writer,
      copy,
      async () => void (await writer.ask(`${copy} submit`)),
    );
    const call = calls.findLast(({ text }) => text.startsWith(`${name}(</db-journal>`));
    if (call === undefined) throw new Error('no such call');
    const before = highestGeneration(directory);
    let answer: string | null = null;
    const work = async (): Promise<void> => {
      answer = await writer.ask(`${directory} submit`);
    };
    t.true(await inject(writer, { directory, call, fault: 'error=EIO', work }));
    // After the void journal's sync failed the commit stands: SQLite says IOERR, the look finds it.
    const stands = name === 'fsync';
    t.regex(String(answer), stands ? /^COMMITTED$/ : /^FAILED queue-away /);
    t.is(count(queue, 'fresh'), stands ? 1 : 0);
    t.is(highestGeneration(directory), before + 2, 'the look took a lease of its own');
    t.deepEqual(problemsOf(queue), []);
  });
}

test('a COMMIT into a database that was replaced meanwhile is not believed, and made again', async (t) => {
  const queue = await makeUsed(t);
  const { db, directory } = queue.paths;
  cpSync(db, `${directory}.old`);
  const writer = new Actor(t, 'operate', [], { env: { RQ_FAULT: 'transaction-committed:stop' } });
  writer.tell(`${directory} submit`);
  await writer.stops();
  t.is(count(queue, 'fresh'), 1);
  // As `recover` and a restore do.
  renameSync(`${directory}.old`, db);
  t.is(count(queue, 'fresh'), 0);
  writer.wake();
  // It passes the same point again, with the second COMMIT.
  await until('its second COMMIT', () => count(queue, 'fresh') === 1);
  await writer.stops();
  writer.wake();
  t.is(await writer.ended(), 0, writer.said);
  t.regex(writer.output, /COMMITTED/);
  t.is(count(queue, 'fresh'), 1);
  t.deepEqual(problemsOf(queue), []);
});

test('a process that has the database open sees that another file took its place', async (t) => {
  const queue = await makeUsed(t);
  const { db, directory } = queue.paths;
  cpSync(db, `${directory}.old`);
  await submitJobs(queue, [newJob({ tag: 'lost' })]);
  t.is(count(queue, 'lost'), 1);
  renameSync(`${directory}.old`, db);
  t.is(count(queue, 'lost'), 0);
  await submitJobs(queue, [newJob({ tag: 'fresh' })]);
  const other = openQueue(directory);
  t.is(count(other, 'fresh'), 1);
  t.deepEqual(problemsOf(other), []);
  other.close();
});

test("another queue's database is refused, not used", async (t) => {
  const queue = await makeUsed(t);
  const other = await makeUsed(t);
  t.is(count(queue, 'old'), 1);
  renameSync(other.paths.db, queue.paths.db);
  t.throws(() => count(queue, 'old'), { code: 'queue-moved' });
  await t.throwsAsync(submitJobs(queue, [newJob()]), { code: 'queue-moved' });
});

test('a queue that was deleted while it is open is an error in plain words', async (t) => {
  const queue = await makeUsed(t);
  t.is(count(queue, 'old'), 1);
  rmSync(queue.directory, { recursive: true });
  const message = /is gone|no queue|there is no/;
  t.throws(() => count(queue, 'old'), { code: 'queue-not-found', message });
  await t.throwsAsync(submitJobs(queue, [newJob()]), { code: 'queue-not-found', message });
  t.throws(() => openQueue(queue.directory), { code: 'queue-not-found', message });
});

test('a database that was deleted while it is open is an error in plain words', async (t) => {
  const queue = await makeUsed(t);
  t.is(count(queue, 'old'), 1);
  rmSync(queue.paths.db);
  t.throws(() => count(queue, 'old'), { code: 'queue-not-found' });
  await t.throwsAsync(submitJobs(queue, [newJob()]), { code: 'queue-not-found' });
});

test('Ctrl-Z inside a transaction does not stop it', async (t) => {
  const queue = await makeUsed(t);
  const writer = new Actor(t, 'journal', [queue.directory, 'suspend'], { under: AS_A_JOB });
  t.is(await writer.ended(), 0, writer.said);
  t.is(writer.output, 'AWAKE\nCOMMITTED\n');
});

/** The kernel stops nobody whose process group has no parent to continue it: a shell with job control is one. */
const AS_A_JOB = [
  'bash',
  '-mc',
  `"$0" "$@" & job=$!
  trap 'kill -KILL $job 2>/dev/null' EXIT
  while read -r pid name state rest </proc/$job/stat && [ "$state" != Z ]; do
    [ "$state" != T ] || exit 148
    sleep 0.05
  done 2>/dev/null
  wait $job`,
];

async function makeUsed(
  t: ExecutionContext,
  settings: Record<string, number> = {},
): Promise<Queue> {
  const queue = makeQueue(t, { settings });
  await submitJobs(queue, [newJob({ tag: 'old' })]);
  return queue;
}

function count(queue: Queue, tag: string): number {
  return queue.read(
    (db) =>
      db.prepare<[string], number>('select count(*) from jobs where tag = ?').pluck().get(tag) ??
      -1,
  );
}
