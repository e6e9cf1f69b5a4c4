import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { acquireLease } from '../../src/lock/lease.js';
import { ForeignMarks, OwnMark } from '../../src/lock/marks.js';
import { DEFAULT_LEASE_TIMES } from '../../src/lock/times.js';
import { LookCost, delayMs, standBackMs } from '../../src/lock/wait.js';
import { LONG, contender, leaseDirectory } from './contender.js';

const middle = { random: 0.5, heldMs: 0, times: DEFAULT_LEASE_TIMES };

test('the longer one has waited, the more often one looks', (t) => {
  const ages = [0, 1_000, 2_000, 4_000, 60_000];
  const delays = ages.map((waitedMs) => delayMs({ ...middle, lookMs: 2, waitedMs }));
  t.deepEqual(delays, [80, 64, 48, 16, 16]);
});

test('a delay stays within its bounds and well within the gap that silence allows', (t) => {
  t.is(delayMs({ ...middle, lookMs: 0.001, waitedMs: 0 }), 1);
  t.is(delayMs({ ...middle, lookMs: 500, waitedMs: 0 }), 1_000);
  const times = { ttlMs: 600, beatMs: 100, selfLimitMs: 400 };
  t.is(delayMs({ ...middle, times, lookMs: 500, waitedMs: 0 }), 50);
});

test('a holder that holds for long is looked at less often', (t) => {
  t.is(delayMs({ ...middle, lookMs: 0.1, waitedMs: 9_000, heldMs: 10_000 }), 200);
});

test('one slow answer does not make a waiter slow', (t) => {
  const cost = new LookCost();
  for (let look = 0; look < 10; look += 1) cost.add(1);
  cost.add(60_000);
  t.true(cost.ms < 3);
  t.is(standBackMs(1), 24);
});

test('a mark is renewed under a new name, and an old name stops counting', (t) => {
  const directory = leaseDirectory(t);
  const mark = new OwnMark(directory, 'ffffffffffffffff-1-1-aa');
  mark.keep();
  mark.keep();
  const [name = ''] = readdirSync(directory);
  t.is(name, 'w.ffffffffffffffff-1-1-aa.1');
  t.true(new ForeignMarks('0000000000000000-2-2-bb').anyLive([name]));
  t.false(new ForeignMarks('ffffffffffffffff-1-1-aa').anyLive([name]));
  mark.remove();
  mark.remove();
  t.deepEqual(readdirSync(directory), []);
});

test('a waiter leaves a mark, and takes it away when its turn has come', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: LONG });
  const waiter = contender(t, directory, { times: LONG });
  await holder.ask('acquire');
  const waiting = waiter.ask('acquire');
  const marks = (): string[] => readdirSync(directory).filter((name) => name.startsWith('w.'));
  while (marks().length === 0) await sleep(10);
  await holder.ask('release');
  t.is(await waiting, 'generation 2');
  t.deepEqual(marks(), []);
});

test('a process that takes the lease again and again lets a waiter have its turn', async (t) => {
  const directory = leaseDirectory(t);
  const params = {
    directory,
    times: LONG,
    floor: () => 0,
    waitMs: null,
    beatFromWorker: false,
  };
  const waiter = contender(t, directory, { times: LONG });
  t.is(await waiter.ask('release'), 'released');
  const waiting = waiter.ask('acquire').then(() => 'served');
  const released = waiter.ask('release');
  const began = performance.now();
  let answer = '';
  while (answer === '' && performance.now() - began < 9_000) {
    const lease = await acquireLease(params);
    await sleep(20);
    await lease.release();
    // A busy feeder has its next transaction ready.
    answer = await Promise.race([waiting, sleep(0).then(() => '')]);
  }
  t.is(answer, 'served');
  t.is(await released, 'released');
});

test('an untouched file of another host goes after a day', async (t) => {
  const directory = leaseDirectory(t);
  const old = join(directory, 'p.ffffffffffffffff-1-1-aa01');
  writeFileSync(old, '');
  utimesSync(old, 1, Date.now() / 1000 - 90_000);
  const lease = await acquireLease({
    directory,
    times: LONG,
    floor: () => 0,
    waitMs: 0,
    beatFromWorker: false,
  });
  await lease.release();
  t.false(readdirSync(directory).includes('p.ffffffffffffffff-1-1-aa01'));
});
