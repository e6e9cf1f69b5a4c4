import {
  chmodSync,
  cpSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { acquireLease } from '../../src/lock/lease.js';
import { openReader, openWriter } from '../../src/queue/database.js';
import { needsRollback } from '../../src/queue/failure.js';
import { openQueue } from '../../src/queue/open.js';
import type { Queue } from '../../src/queue/queue.js';
import { submitJobs } from '../../src/queue/submit.js';
import { openConnection } from '../../src/sqlite.js';
import { makeQueue, newJob } from '../queue/make-queue.js';
import { Actor, problemsOf } from './queue-under-test.js';
import { callsOf, inject } from './strace.js';

/** So many that a small cache writes some before the commit. */
const JOBS = 300;
const WHOLE = `old=${JOBS}`;
const HOT_JOURNAL = 'd9d505f920a163d7';

test('of two holders that die in mid-commit one after the other nothing remains', async (t) => {
  const queue = await makeHot(t);
  await dieWriting(t, queue);
  t.true(isHot(queue));
  t.is(tags(queue), WHOLE);
  t.deepEqual(problemsOf(queue), []);
});

test('a connection that was open before a journal is fenced tears the file when it writes', async (t) => {
  // Why a fence ends with a new connection, and what the test above would see.
  const queue = await makeFull(t);
  const careless = new Actor(t, 'journal', [queue.directory, 'careless', 'second']);
  await careless.says(/OPEN/);
  await crash(t, queue);
  careless.tell('go');
  t.is(await careless.ended(), 'SIGKILL', careless.said);
  t.regex(tags(queue), /old=\d+ second=\d+/);
});

test('a reader leaves a hot journal as it is', async (t) => {
  const queue = await makeHot(t);
  const inode = inodeOf(queue);
  const look = (): unknown => openReader(queue.paths.db).db.prepare('select * from jobs').get();
  const error = t.throws(look, { any: true });
  t.true(needsRollback(error));
  t.true(isHot(queue));
  t.is(inodeOf(queue), inode);
});

test('opening for writing plays a hot journal back and keeps its file', async (t) => {
  const queue = await makeHot(t);
  const inode = inodeOf(queue);
  const lease = await acquireLease({
    directory: queue.paths.lease,
    times: queue.settings.lease,
    floor: () => 0,
    waitMs: 10_000,
    beatFromWorker: false,
  });
  openWriter(queue.paths.db).db.close();
  await lease.release();
  t.false(isHot(queue));
  t.is(inodeOf(queue), inode);
});

test('opening as programs usually do removes a hot journal, which other hosts would not notice', async (t) => {
  // So the two tests above can see what they say.
  const queue = await makeHot(t);
  const db = openConnection(queue.paths.db, {});
  db.prepare('select count(*) from jobs').get();
  db.close();
  t.false(existsSync(queue.paths.journal));
});

test('who reads after a crash has the journal played back through the door for writers', async (t) => {
  const queue = await makeHot(t);
  const inode = inodeOf(queue);
  const reader = new Actor(t, 'journal', [queue.directory, 'tags']);
  t.is(await reader.ended(), 0, reader.said);
  t.is(reader.said, `${WHOLE}\n`);
  t.not(inodeOf(queue), inode, 'the journal was fenced');
});

test('who may only read is told that a writer must come first', async (t) => {
  const queue = await makeHot(t);
  setWritable(queue.directory, false);
  t.teardown(() => setWritable(queue.directory, true));
  // Root may write whatever the modes say: taken from it here.
  const isRoot = process.getuid?.() === 0;
  const under = isRoot ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];
  const reader = new Actor(t, 'journal', [queue.directory, 'tags'], { under });
  t.is(await reader.ended(), 0, reader.said);
  t.regex(reader.said, /^read-only a writer of \S+ died in mid-commit, and only somebody .*\n$/);
  t.true(isHot(queue));
});

const FENCED: Record<string, (queue: Queue, t: ExecutionContext) => Promise<void> | void> = {
  'a generation that did not commit': async ({ directory }, t) => {
    const victim = new Actor(t, 'operate', [], { env: { RQ_FAULT: 'lease-acquired' } });
    victim.tell(`${directory} submit`);
    t.is(await victim.ended(), 'SIGKILL', victim.said);
  },
  'an emptied lease directory': ({ paths }) => {
    for (const name of readdirSync(paths.lease)) rmSync(join(paths.lease, name));
  },
  'a removed lease directory': ({ paths }) => rmSync(paths.lease, { recursive: true }),
  'a missing journal': ({ paths }) => rmSync(paths.journal),
  'an empty journal': ({ paths }) => truncateSync(paths.journal),
};

for (const [what, happen] of Object.entries(FENCED)) {
  test(`after ${what} the next writer starts a new journal, and the one after it does not`, async (t) => {
    const queue = makeQueue(t);
    await submitJobs(queue, [newJob()]);
    const before = inodeOf(queue);
    await submitJobs(queue, [newJob()]);
    t.is(inodeOf(queue), before);
    // Open, it keeps its inode number to itself.
    const held = openSync(queue.paths.journal, 'r');
    // Of one who sleeps before its rename: when it wakes, the rename must fail.
    const asleep = `${queue.paths.journal}.0123456789abcdef`;
    writeFileSync(asleep, '');
    await happen(queue, t);
    const writer = new Actor(t, 'operate', []);
    writer.tell(`${queue.directory} submit`);
    t.is(await writer.ended(), 0);
    t.regex(writer.output, /COMMITTED/);
    t.false(existsSync(asleep));
    const fenced = inodeOf(queue);
    t.not(fenced, before);
    t.is(statSync(queue.paths.journal).mode & 0o777, 0o600);
    closeSync(held);
    await submitJobs(queue, [newJob()]);
    t.is(inodeOf(queue), fenced);
    t.deepEqual(problemsOf(queue), []);
    t.is(
      queue.read((db) => db.prepare('select count(*) from jobs').pluck().get()),
      4,
    );
  });
}

test('a queue that another program put into WAL mode is refused, not used', async (t) => {
  const queue = makeQueue(t);
  await submitJobs(queue, [newJob()]);
  queue.close();
  const other = openConnection(queue.paths.db, {});
  t.teardown(() => other.close());
  t.is(other.pragma('journal_mode = WAL', { simple: true }), 'wal');
  other.exec('update meta set generation = generation');
  await t.throwsAsync(submitJobs(queue, [newJob()]), {
    message: /db-wal exists: another program put/,
  });
  t.throws(() => queue.read(() => null), { message: /db-wal exists: another program put/ });
});

test('a queue that was left in WAL mode is not read so, and the next writer brings it back', async (t) => {
  const queue = makeQueue(t);
  await submitJobs(queue, [newJob()]);
  queue.close();
  const other = openConnection(queue.paths.db, {});
  other.pragma('journal_mode = WAL');
  other.close();
  const copy = `${queue.directory}.copy`;
  cpSync(queue.directory, copy, { recursive: true });
  t.throws(() => openQueue(copy).read(() => null), { message: /into WAL mode/ });
  await submitJobs(queue, [newJob()]);
  t.is(
    queue.read((db) => db.prepare('select count(*) from jobs').pluck().get()),
    2,
  );
  t.true(existsSync(queue.paths.journal));
});

async function makeFull(t: ExecutionContext): Promise<Queue> {
  const queue = makeQueue(t);
  await submitJobs(
    queue,
    Array.from({ length: JOBS }, () => newJob({ tag: 'old' })),
  );
  queue.close();
  return queue;
}

/** A queue whose last writer died in mid-commit. */
async function makeHot(t: ExecutionContext): Promise<Queue> {
  const queue = await makeFull(t);
  await crash(t, queue);
  return queue;
}

/** A submit, killed when all its pages but one are in the file; injection.test.ts does it at every other point. */
async function dieWriting(t: ExecutionContext, queue: Queue): Promise<void> {
  const thief = new Actor(t, 'operate', []);
  await thief.says(/READY/);
  const copy = `${queue.directory}.copy`;
  cpSync(queue.directory, copy, { recursive: true });
  const calls = await callsOf(thief, copy, async () => {
    t.is(await thief.ask(`${copy} submit`), 'COMMITTED');
  });
  const call = calls.findLast(({ text }) => text.startsWith('pwrite64(</db>'));
  if (call === undefined) throw new Error('no page was written');
  const { directory } = queue;
  const work = async (): Promise<void> => void (await thief.ask(`${directory} submit`));
  t.true(await inject(thief, { directory, call, fault: 'signal=SIGKILL', work }));
  t.is(await thief.ended(), 'SIGKILL', thief.said);
}

async function crash(t: ExecutionContext, queue: Queue): Promise<void> {
  const holder = new Actor(t, 'crash', [queue.directory, 'first']);
  t.is(await holder.ended(), 'SIGKILL', holder.said);
  t.true(isHot(queue), 'some pages are in the file, and the journal can undo them');
}

function isHot({ paths }: Queue): boolean {
  return readFileSync(paths.journal).subarray(0, 8).toString('hex') === HOT_JOURNAL;
}

function inodeOf({ paths }: Queue): number {
  return statSync(paths.journal).ino;
}

/** As another process that comes now sees them. */
function tags({ directory }: Queue): string {
  const queue = openQueue(directory);
  const sql = `select tag || '=' || count(*) from jobs group by tag order by tag`;
  const found = queue.read((db) => db.prepare<[], string>(sql).pluck().all().join(' '));
  queue.close();
  return found;
}

function setWritable(directory: string, isWritable: boolean): void {
  for (const name of ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })]) {
    const path = join(directory, name);
    const run = statSync(path).isDirectory() ? 0o100 : 0;
    chmodSync(path, (isWritable ? 0o600 : 0o400) | run);
  }
}
