import test, { type ExecutionContext } from 'ava';
import type { FaultPoint } from '../../src/fault.js';
import { registerNode } from '../../src/queue/nodes.js';
import { openQueue } from '../../src/queue/open.js';
import type { Queue } from '../../src/queue/queue.js';
import { submitJobs } from '../../src/queue/submit.js';
import { tick } from '../../src/feeder/tick.js';
import { makeQueue, newJob } from '../queue/make-queue.js';
import { checkHistory, readHistory } from './history.js';
import { Actor, highestGeneration, leftovers, problemsOf, until } from './queue-under-test.js';
import { NODE, SHELL } from './samples.js';

/** A holder is superseded after two seconds, and works far faster than its own limit even on a busy machine. */
const SCALED = { lease_ttl_ms: 2_500, lease_beat_ms: 250, lease_self_limit_ms: 2_000 };
/** A thief that met the locks of a sleeper this often is not going to get past them. */
const TRIES_IN_VAIN = 3;

/**
 * What becomes of a holder that is stopped at that point for longer than its lease lasts.
 *
 * `fenced`: it ends itself, having written nothing. `committed`: the COMMIT was lawful, for SQLite's
 * locks stood all the time, or it was over already; it is told so only after a look. `blocks`: others
 * get nowhere while it sleeps, for it sleeps inside SQLite's locks.
 */
const POINTS: readonly { point: FaultPoint; fate: 'fenced' | 'committed'; blocks: boolean }[] = [
  { point: 'lease-acquired', fate: 'fenced', blocks: false },
  { point: 'journal-fenced', fate: 'fenced', blocks: false },
  { point: 'transaction-begun', fate: 'fenced', blocks: true },
  { point: 'transaction-worked', fate: 'fenced', blocks: true },
  { point: 'transaction-guarded', fate: 'committed', blocks: true },
  { point: 'transaction-committed', fate: 'committed', blocks: false },
  { point: 'lease-released', fate: 'committed', blocks: false },
];

const OPERATIONS = ['submit', 'claim', 'settle'] as const;
type Operation = (typeof OPERATIONS)[number];

for (const { point, fate, blocks } of POINTS) {
  test(`a holder stopped at ${point} beyond its lease is ${fate} when it wakes`, async (t) => {
    await Promise.all(OPERATIONS.map((operation) => freeze(t, { operation, point, fate, blocks })));
  });
}

interface Freeze {
  readonly operation: Operation;
  readonly point: FaultPoint;
  readonly fate: 'fenced' | 'committed';
  readonly blocks: boolean;
}

async function freeze(
  t: ExecutionContext,
  { operation, point, fate, blocks }: Freeze,
): Promise<void> {
  const queue = await prepare(t, operation);
  const { directory } = queue;
  // The next writer finds a number that did not commit, and fences the journal.
  if (point === 'journal-fenced') await leaveGap(t, directory);
  const holder = await stoppedAt(t, { directory, operation, point });
  const frozenAt = highestGeneration(directory);

  // It wants the very same: the same job, the same ending.
  const thief = new Actor(t, 'operate', [], { env: { RQ_TEST_NO_HOST_PROOF: '1' } });
  thief.tell(`${directory} ${operation}`);
  if (blocks) {
    await until(
      'a thief that tries in vain',
      () => highestGeneration(directory) >= frozenAt + TRIES_IN_VAIN,
    );
    t.notRegex(thief.output, /COMMITTED/, `${operation}: nobody writes beside a transaction`);
  } else {
    await thief.says(/COMMITTED/);
  }
  holder.wake();

  const how = await holder.ended();
  if (fate === 'fenced') {
    t.is(how, 'SIGKILL', `${operation}: ${holder.said}`);
    t.notRegex(holder.output, /COMMITTED|FAILED/);
    t.regex(
      lastLine(holder.errors),
      /^rq: lease on .*\(generation \d+.*: stopping before the commit$/,
    );
  } else {
    t.is(how, 0, `${operation}: ${holder.said}`);
    t.regex(holder.output, /COMMITTED/);
  }
  t.is(await thief.ended(), 0, `${operation}: ${thief.said}`);
  t.regex(thief.output, /COMMITTED/);
  await judge(t, directory, { operation, acknowledged: fate === 'committed' ? 2 : 1 });
}

/** Nothing double and nothing lost; the file whole; the fencing numbers rise. */
async function judge(
  t: ExecutionContext,
  directory: string,
  { operation, acknowledged }: { operation: Operation; acknowledged: number },
): Promise<void> {
  const queue = openQueue(directory);
  t.teardown(() => queue.close());
  t.deepEqual(problemsOf(queue), []);
  const state = queue.read((db) => db.prepare<[], string>(STATE).pluck().all().join(';'));
  const fresh = queue.read((db) =>
    db.prepare<[], number>(`select count(*) from jobs where tag = 'fresh'`).pluck().get(),
  );
  // Both submitters' jobs are there if both were told so. A claim or an ending counts once, whoever came first.
  t.is(fresh, operation === 'submit' ? acknowledged : 0, operation);
  if (operation !== 'submit')
    t.is(state, operation === 'claim' ? 'running 1 claim' : 'finished 1 claim,settle');
  const times = queue.read((db) =>
    db.prepare<[], string>('select at from commits order by generation').pluck().all(),
  );
  t.deepEqual(times, times.toSorted(), 'the queue clock never runs backward');
  const before = highestGeneration(directory);
  const next = new Actor(t, 'operate', []);
  next.tell(`${directory} submit`);
  t.is(await next.ended(), 0, next.said);
  t.is(highestGeneration(directory), before + 1);
  t.deepEqual([...problemsOf(queue), ...leftovers(queue), ...checkHistory(readHistory(queue))], []);
}

const STATE = `
  select j.state || ' ' || j.attempt || ' ' || coalesce((
    select group_concat(operation) from (
      select operation from events e where e.jid = j.jid and operation <> 'submit' order by id)), '')
  from   jobs j
  where  j.jid = 1
`;

async function prepare(t: ExecutionContext, operation: Operation): Promise<Queue> {
  const queue = makeQueue(t, { settings: SCALED });
  await submitJobs(queue, [newJob()]);
  await queue.write('sign-on', (tx) => registerNode(tx, NODE));
  if (operation === 'settle') {
    await tick(queue, { node: NODE, anyUser: true, settlements: [], shells: [SHELL] });
  }
  queue.close();
  return queue;
}

async function leaveGap(t: ExecutionContext, directory: string): Promise<void> {
  const victim = new Actor(t, 'operate', [], { env: { RQ_FAULT: 'lease-acquired' } });
  victim.tell(`${directory} submit`);
  t.is(await victim.ended(), 'SIGKILL', victim.said);
}

async function stoppedAt(
  t: ExecutionContext,
  params: { directory: string; operation: Operation; point: FaultPoint },
): Promise<Actor> {
  const { directory, operation, point } = params;
  const holder = new Actor(t, 'operate', [], { env: { RQ_FAULT: `${point}:stop` } });
  holder.tell(`${directory} ${operation}`);
  await holder.stops();
  return holder;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
