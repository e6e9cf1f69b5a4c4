import { spawnSync } from 'node:child_process';
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { thisProcess } from '../../src/host/identity.js';
import { type BeatRecord, formatRecord, parseRecord } from '../../src/lock/record.js';
import { Watch } from '../../src/lock/watch.js';
import { leaseDirectory } from './contender.js';

const times = { ttlMs: 240, beatMs: 40, selfLimitMs: 160 };

function recordOf(changes: Partial<BeatRecord> = {}): BeatRecord {
  return {
    ...thisProcess(),
    bootId: 'another host',
    nonce: 'n1',
    user: 'ann',
    beat: 1,
    since: 0,
    ...changes,
  };
}

function hold(directory: string, record: BeatRecord): void {
  const file = join(directory, 'p.holder');
  writeFileSync(file, formatRecord(record));
  rmSync(join(directory, 'g.1.held'), { force: true });
  linkSync(file, join(directory, 'g.1.held'));
}

/** Looks until the holder is over; the ms it took. */
async function msUntilOver(watch: Watch, before: () => void = () => {}): Promise<number> {
  const began = performance.now();
  for (;;) {
    before();
    if (watch.look(1, times, true)?.isOver === true) return performance.now() - began;
    await sleep(10);
  }
}

test('an unchanged beat is over after the TTL', async (t) => {
  const directory = leaseDirectory(t);
  hold(directory, recordOf());
  t.true((await msUntilOver(new Watch(directory, 'me'))) >= times.ttlMs);
});

test('a beat, an owner or a generation that changes starts the count anew', async (t) => {
  const directory = leaseDirectory(t);
  const changes = [{ beat: 2 }, { nonce: 'n2' }];
  for (const change of changes) {
    hold(directory, recordOf());
    const watch = new Watch(directory, 'me');
    let looks = 0;
    const took = await msUntilOver(watch, () => {
      looks += 1;
      if (looks === 10) hold(directory, recordOf(change));
    });
    t.true(took >= times.ttlMs + 90, `${took}`);
  }
});

test('a gap between two looks starts the count anew', async (t) => {
  const directory = leaseDirectory(t);
  hold(directory, recordOf());
  const watch = new Watch(directory, 'me');
  t.false(watch.look(1, times, true)?.isOver);
  await sleep(2 * times.ttlMs);
  t.false(watch.look(1, times, true)?.isOver);
});

test('looks that fail are no silence', async (t) => {
  const directory = leaseDirectory(t);
  hold(directory, recordOf());
  const watch = new Watch(directory, 'me');
  t.false(watch.look(1, times, true)?.isOver);
  rmSync(join(directory, 'g.1.held'));
  const until = performance.now() + 2 * times.ttlMs;
  while (performance.now() < until) {
    t.is(watch.look(1, times, true), null);
    await sleep(10);
  }
  hold(directory, recordOf());
  t.false(watch.look(1, times, true)?.isOver);
});

test('a process of this host that is gone is over at once, one of another host or container is not', (t) => {
  const directory = leaseDirectory(t);
  const { pid } = spawnSync('true');
  const { bootId } = thisProcess();
  const look = (record: BeatRecord): boolean | undefined => {
    hold(directory, record);
    return new Watch(directory, 'me').look(1, times, true)?.isOver;
  };
  t.true(look(recordOf({ pid, bootId })));
  t.true(look(recordOf({ pid: process.pid, pidStart: 1, bootId })));
  t.false(look(recordOf({ bootId })));
  t.false(look(recordOf({ pid })));
  t.false(look(recordOf({ pid, bootId, pidNamespace: 'pid:[1]' })));
});

test('a record keeps its length and survives the round trip', (t) => {
  const record = recordOf({ since: 1_795_304_134_308.7, user: 'änn "quoted"' });
  const bytes = formatRecord(record);
  t.is(bytes.length, 512);
  t.is(parseRecord(bytes)?.user, record.user);
  t.is(parseRecord(bytes)?.since, record.since);
  t.is(parseRecord(bytes.subarray(0, 40)), null);
  t.is(parseRecord(Buffer.from('{"nonce": 1}')), null);
});
