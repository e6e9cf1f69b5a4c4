import { linkSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { systemCode } from '../../src/domain/error.js';
import { LeaseFiles } from '../../src/lock/lease-files.js';
import { DEFAULT_LEASE_TIMES } from '../../src/lock/times.js';
import { leaseDirectory } from './contender.js';

const YEAR_10000 = 8.64e15;
const names = (directory: string, kind: string): string[] =>
  readdirSync(directory).filter((name) => name.startsWith(kind));

function filesIn(directory: string, link?: typeof linkSync): LeaseFiles {
  const files = new LeaseFiles(directory, link);
  files.prepare({ floor: () => 0, times: DEFAULT_LEASE_TIMES });
  return files;
}

test('a link whose answer was lost counts as won', (t) => {
  const directory = leaseDirectory(t);
  const files = filesIn(directory, (from, to) => {
    linkSync(from, to);
    throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
  });
  files.mkdirSync();
  files.settled();
  t.is(files.hold?.generation, 1);
  t.true(files.isHeld());
  files.rmdirSync();
});

test('a link that somebody else made first is lost', (t) => {
  const directory = leaseDirectory(t);
  const other = filesIn(directory);
  const files = filesIn(directory, (from, to) => {
    other.mkdirSync();
    linkSync(from, to);
  });
  t.is(systemCode(t.throws(() => files.mkdirSync())), 'EEXIST');
  t.is(files.hold, null);
  t.true(other.isHeld());
});

test('whoever links a number that had its time withdraws', (t) => {
  const directory = leaseDirectory(t);
  const other = filesIn(directory);
  const slow = filesIn(directory, (from, to) => {
    // While this one was looking, two others came and went.
    for (let round = 0; round < 2; round += 1) {
      other.mkdirSync();
      other.rmdirSync();
    }
    linkSync(from, to);
  });
  t.is(systemCode(t.throws(() => slow.mkdirSync())), 'EEXIST');
  t.is(slow.hold, null);
  t.deepEqual(names(directory, 'g.'), ['g.2.free']);
});

test('whoever links a number that was just let go withdraws', (t) => {
  const directory = leaseDirectory(t);
  const other = filesIn(directory);
  const slow = filesIn(directory, (from, to) => {
    other.mkdirSync();
    other.rmdirSync();
    linkSync(from, to);
  });
  t.is(systemCode(t.throws(() => slow.mkdirSync())), 'EEXIST');
  t.deepEqual(names(directory, 'g.'), ['g.1.free']);
  other.mkdirSync();
  t.is(other.hold?.generation, 2);
});

test('the mtime of a foreign lock is beyond what any clock says', (t) => {
  const directory = leaseDirectory(t);
  const holder = filesIn(directory);
  const waiter = filesIn(directory);
  holder.mkdirSync();
  t.is(systemCode(t.throws(() => waiter.mkdirSync())), 'EEXIST');
  t.is(waiter.statSync().mtime.getTime(), YEAR_10000);
});

test('to remove a live foreign lock removes nothing and permits nothing', (t) => {
  const directory = leaseDirectory(t);
  const holder = filesIn(directory);
  const waiter = filesIn(directory);
  holder.mkdirSync();
  t.throws(() => waiter.mkdirSync());
  waiter.statSync();
  waiter.rmdirSync();
  t.is(systemCode(t.throws(() => waiter.mkdirSync())), 'EEXIST');
  holder.settled();
  t.true(holder.isHeld());
});

test('a look at a lock that was let go meanwhile says that there is none', (t) => {
  const directory = leaseDirectory(t);
  const holder = filesIn(directory);
  const waiter = filesIn(directory);
  t.is(systemCode(t.throws(() => waiter.statSync())), 'ENOENT');
  holder.mkdirSync();
  t.throws(() => waiter.mkdirSync());
  holder.rmdirSync();
  t.is(waiter.statSync().mtime.getTime(), YEAR_10000);
  waiter.mkdirSync();
  t.is(waiter.hold?.generation, 2);
  t.false(waiter.hold?.stole);
});

test('a heartbeat file that vanished is made anew', (t) => {
  const directory = leaseDirectory(t);
  const files = filesIn(directory);
  files.mkdirSync();
  files.rmdirSync();
  for (const name of names(directory, 'p.')) rmSync(join(directory, name));
  files.mkdirSync();
  files.settled();
  t.true(files.isHeld());
  t.is(names(directory, 'p.').length, 1);
});

test('a release that failed half way does not lock the process out of its own queue', (t) => {
  const directory = leaseDirectory(t);
  const files = filesIn(directory);
  files.mkdirSync();
  renameSync(directory, `${directory}-away`);
  files.rmdirSync();
  renameSync(`${directory}-away`, directory);
  t.throws(() => files.mkdirSync());
  t.is(files.statSync().mtime.getTime(), -YEAR_10000);
  files.rmdirSync();
  files.mkdirSync();
  t.is(files.hold?.generation, 2);
});

test('the holder removes what the dead of this host left and nothing else', (t) => {
  const directory = leaseDirectory(t);
  const files = filesIn(directory);
  const own = files.participant.id;
  const [host = ''] = own.split('-');
  const dead = `${host}-4194304-1-aaaaaaaaaaaa`;
  const alive = own.replace(/-[0-9a-f]+$/, '-bbbbbbbbbbbb');
  const foreign = 'ffffffffffffffff-1-1-cccccccccccc';
  const left = [`p.${dead}01`, `w.${dead}.3`, `p.${alive}01`, `p.${foreign}01`, `w.${foreign}.1`];
  for (const name of left) writeFileSync(join(directory, name), '');
  files.mkdirSync();
  t.deepEqual(
    readdirSync(directory).filter((name) => left.includes(name)),
    left.slice(2).toSorted(),
  );
});
