import test from 'ava';
import { uptimeMs } from '../../src/host/uptime.js';
import { beatOnce } from '../../src/lock/beat.js';
import { SLOT, get, set } from '../../src/lock/beat-state.js';
import { LeaseFiles } from '../../src/lock/lease-files.js';
import { DEFAULT_LEASE_TIMES } from '../../src/lock/times.js';
import { LONG, SHORT, contender, leaseDirectory } from './contender.js';

function holderOf(directory: string): LeaseFiles {
  const files = new LeaseFiles(directory);
  files.prepare({ floor: () => 0, times: DEFAULT_LEASE_TIMES });
  files.mkdirSync();
  files.settled();
  return files;
}

test('a beat of the holder counts from before it began', (t) => {
  const files = holderOf(leaseDirectory(t));
  const { state, params } = files.participant;
  const begun = uptimeMs();
  set(state, SLOT.beatStart, begun - 5_000);
  t.is(beatOnce(state, params), 'good');
  t.true(get(state, SLOT.beatStart) >= begun);
  files.rmdirSync();
  t.is(beatOnce(state, params), 'idle');
});

test('a beat that comes later than the self-limit does not bring the lease back', (t) => {
  const files = holderOf(leaseDirectory(t));
  const { state, params } = files.participant;
  set(state, SLOT.beatStart, uptimeMs() - DEFAULT_LEASE_TIMES.selfLimitMs - 50);
  t.is(beatOnce(state, params), 'lost');
  t.is(beatOnce(state, params), 'lost');
  t.is(get(state, SLOT.lost), 1);
});

test('nobody beats for a generation that somebody else has passed', (t) => {
  const directory = leaseDirectory(t);
  const files = holderOf(directory);
  const thief = new LeaseFiles(directory);
  thief.prepare({ floor: () => 5, times: DEFAULT_LEASE_TIMES });
  files.rmdirSync();
  thief.mkdirSync();
  set(files.participant.state, SLOT.generation, 1);
  t.is(beatOnce(files.participant.state, files.participant.params), 'lost');
});

test('the worker beats while the main thread is busy, until it has not moved for the self-limit', async (t) => {
  const directory = leaseDirectory(t);
  const times = { ttlMs: 2_000, beatMs: 100, selfLimitMs: 1_400 };
  const holder = contender(t, directory, { times, worker: true });
  const waiter = contender(t, directory, { times });
  t.is(await waiter.ask('acquire'), 'generation 1');
  t.is(await waiter.ask('release'), 'released');
  await holder.ask('acquire');
  const frozenAt = performance.now();
  t.is(await holder.ask('freeze'), 'frozen');
  t.is(await waiter.ask('acquire'), 'generation 3 stolen');
  // At least one beat later than the self-limit, and then the TTL.
  t.true(performance.now() - frozenAt > times.ttlMs + times.selfLimitMs / 2);
});

test('a worker keeps the lease of a process far beyond the TTL', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, {
    times: { ...LONG, beatMs: 50 },
    worker: true,
  });
  const thief = contender(t, directory, { times: { ...SHORT, ttlMs: 1_500 } });
  await holder.ask('acquire');
  t.regex(await thief.ask('acquire 4000'), /^error .*busy/);
  t.is(await holder.ask('assert 1000'), 'asserted');
});

test('one worker serves hold after hold and keeps no process alive', async (t) => {
  const directory = leaseDirectory(t);
  const times = { ...LONG, beatMs: 20 };
  const holder = contender(t, directory, { times, worker: true });
  for (let generation = 1; generation <= 20; generation += 1) {
    t.is(await holder.ask('acquire'), `generation ${generation}`);
    t.is(await holder.ask('release'), 'released');
  }
  holder.child.stdin?.end();
  t.is((await holder.ended()).how, 0);
});
