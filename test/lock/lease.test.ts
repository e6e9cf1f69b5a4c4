import {
  chmodSync,
  linkSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { RqError } from '../../src/domain/error.js';
import { acquireLease, peekHolder } from '../../src/lock/lease.js';
import { DEFAULT_LEASE_TIMES } from '../../src/lock/times.js';
import { LONG, SHORT, contender, leaseDirectory } from './contender.js';

const free = { times: DEFAULT_LEASE_TIMES, floor: () => 0, waitMs: 0, beatFromWorker: false };
const noProof = { RQ_TEST_NO_HOST_PROOF: '1' };

test('generations rise by one, and only the first finds the directory empty', async (t) => {
  const directory = leaseDirectory(t);
  const first = await acquireLease({ ...free, directory });
  t.deepEqual([first.generation, first.wasEmpty, first.stole], [1, true, false]);
  t.true(first.isHeld());
  await first.release();
  t.false(first.isHeld());
  const second = await acquireLease({ ...free, directory });
  t.deepEqual([second.generation, second.wasEmpty, second.stole], [2, false, false]);
  await second.release();
  t.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith('g.')),
    ['g.2.free'],
  );
});

test('a lease says how long it lasts and when the file server stamped it', async (t) => {
  const directory = leaseDirectory(t);
  const lease = await acquireLease({ ...free, directory });
  t.true(Math.abs(lease.stampMs - Date.now()) < 5_000);
  t.true(lease.remainingMs() > 15_000 && lease.remainingMs() <= 20_000);
  lease.assertHeld(10_000);
  await lease.release();
  t.is(lease.remainingMs(), 0);
  await lease.release();
});

test('numbers rise above the floor, even in an emptied directory', async (t) => {
  const directory = leaseDirectory(t);
  const lease = await acquireLease({ ...free, directory, floor: () => 41 });
  t.is(lease.generation, 42);
  t.true(lease.wasEmpty);
  await lease.release();
});

test('while it is held nobody else gets it, and the error names host, pid and time', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: LONG });
  t.is(await holder.ask('acquire'), 'generation 1');
  const seen: (number | null)[] = [];
  const error = await t.throwsAsync(
    acquireLease({
      ...free,
      directory,
      waitMs: 30,
      onWait: (who) => seen.push(who?.pid ?? null),
    }),
    { instanceOf: RqError },
  );
  t.is(error.code, 'queue-busy');
  t.regex(error.message, new RegExp(`pid ${holder.pid} writes since \\d+\\.\\d s; waited 0\\.`));
  t.deepEqual(seen, [holder.pid]);
  t.is(peekHolder(directory)?.pid, holder.pid);
  t.is(await holder.ask('release'), 'released');
  t.is(peekHolder(directory), null);
  const lease = await acquireLease({ ...free, directory });
  t.is(lease.generation, 2);
  t.false(lease.stole);
  await lease.release();
});

test('one process takes it for one transaction at a time', async (t) => {
  const directory = leaseDirectory(t);
  const first = await acquireLease({ ...free, directory });
  await t.throwsAsync(acquireLease({ ...free, directory }), { message: /busy/ });
  const second = acquireLease({ ...free, directory, waitMs: null });
  await first.release();
  t.is((await second).generation, 2);
  await (await second).release();
});

test('an abort ends the waiting', async (t) => {
  const directory = leaseDirectory(t);
  const holder = await acquireLease({ ...free, directory });
  const abort = new AbortController();
  const { signal } = abort;
  const waiting = acquireLease({
    ...free,
    directory,
    waitMs: null,
    signal,
    onWait: () => abort.abort(),
  });
  const error = await t.throwsAsync(waiting, { instanceOf: RqError });
  t.is(error.code, 'interrupted');
  await holder.release();
});

test('a holder killed on this host is superseded at once', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: LONG });
  await holder.ask('acquire');
  await holder.kill('SIGKILL');
  const lease = await acquireLease({ ...free, directory, waitMs: 5_000 });
  t.true(lease.stole);
  t.is(lease.generation, 2);
  await lease.release();
  t.false(readdirSync(directory).some((name) => name.includes(`-${holder.pid}-`)));
});

test('without proof a dead holder is superseded after the TTL, not before', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: SHORT });
  await holder.ask('acquire');
  await holder.kill('SIGKILL');
  const thief = contender(t, directory, { times: SHORT, env: noProof });
  t.regex(await thief.ask(`acquire ${SHORT.ttlMs / 2}`), /^error .*busy/);
  t.is(await thief.ask('acquire'), 'generation 2 stolen');
});

test('a holder that is stopped is robbed, told so, and dies instead of a commit', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: SHORT, worker: true });
  await holder.ask('acquire');
  await holder.kill('SIGSTOP');
  const thief = contender(t, directory, { times: SHORT });
  t.is(await thief.ask('acquire'), 'generation 2 stolen');
  await holder.kill('SIGCONT');
  t.is(await holder.ask('held'), 'false');
  t.true(Number(await holder.ask('remaining')) <= 0);
  t.is(await holder.ask('assert'), 'gone');
  const { how, stderr } = await holder.ended();
  t.is(how, 'SIGKILL');
  t.regex(
    stderr,
    new RegExp(`^rq: lease on .* lost \\(generation 1, held by .* pid ${thief.pid}\\): stopping`),
  );
  t.is(await thief.ask('held'), 'true');
});

test('a late release takes nothing from the one who superseded', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: SHORT });
  await holder.ask('acquire');
  await holder.kill('SIGSTOP');
  const thief = contender(t, directory, { times: SHORT, worker: true });
  t.is(await thief.ask('acquire'), 'generation 2 stolen');
  await holder.kill('SIGCONT');
  t.is(await holder.ask('release'), 'released');
  t.is(await thief.ask('held'), 'true');
});

test('a holder whose beats stopped dies instead of a commit though nobody robbed it', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: SHORT });
  await holder.ask('acquire');
  t.is(await holder.ask('assert 100000'), 'gone');
  const { how, stderr } = await holder.ended();
  t.is(how, 'SIGKILL');
  t.regex(stderr, /too old: 0\.\d s left of the 100\.0 s that a commit needs \(generation 1\)/);
});

for (const hours of [-1, 1]) {
  test(`a clock that is wrong by ${hours} h neither steals nor is robbed`, async (t) => {
    const directory = leaseDirectory(t);
    // Holders that beat often and give up late, watched by observers with a short TTL.
    const times = { ttlMs: 1_500, beatMs: 50, selfLimitMs: 60_000 };
    const shifted = { ...noProof, CLOCK_SHIFT_MS: String(hours * 3_600_000) };
    const right = contender(t, directory, { times, worker: true, env: noProof });
    const wrong = contender(t, directory, { times, worker: true, env: shifted });
    t.is(await right.ask('acquire'), 'generation 1');
    t.regex(await wrong.ask('acquire 2500'), /^error .*busy/);
    await right.kill('SIGKILL');
    t.is(await wrong.ask('acquire'), 'generation 2 stolen');
    const other = contender(t, directory, { times, env: noProof });
    t.regex(await other.ask('acquire 2500'), /^error .*busy/);
    t.is(await wrong.ask('held'), 'true');
  });
}

test('of several who think the same holder dead one wins', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: SHORT });
  await holder.ask('acquire');
  await holder.kill('SIGKILL');
  const thieves = [1, 2, 3, 4].map(() => contender(t, directory, { times: LONG }));
  const answers = await Promise.all(thieves.map((thief) => thief.ask('acquire 500')));
  t.is(answers.filter((answer) => answer === 'generation 2 stolen').length, 1, answers.join());
  t.is(answers.filter((answer) => answer.startsWith('error')).length, 3, answers.join());
});

test('a holder of an emptied directory knows that it lost, though its number is given again', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: LONG });
  t.is(await holder.ask('acquire'), 'generation 1');
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  const lease = await acquireLease({ ...free, directory });
  t.deepEqual([lease.generation, lease.wasEmpty], [1, true]);
  t.is(await holder.ask('held'), 'false');
  t.is(await holder.ask('release'), 'released');
  t.true(lease.isHeld());
  await lease.release();
});

test('a lease directory that was removed is made anew; without its queue it is an error', async (t) => {
  const directory = leaseDirectory(t);
  await (await acquireLease({ ...free, directory })).release();
  rmSync(directory, { recursive: true });
  const lease = await acquireLease({ ...free, directory, floor: () => 7 });
  t.deepEqual([lease.generation, lease.wasEmpty], [8, true]);
  await lease.release();
  rmSync(join(directory, '..'), { recursive: true });
  const error = await t.throwsAsync(acquireLease({ ...free, directory }), { instanceOf: RqError });
  t.is(error.code, 'queue-not-found');
});

test('a process leaves nothing behind when it ends', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: LONG, worker: true });
  await holder.ask('acquire');
  t.is(await holder.ask('exit'), 'gone');
  t.is((await holder.ended()).how, 0);
  t.deepEqual(readdirSync(directory), ['g.1.free']);
});

test('foreign files and a heartbeat that cannot be read make nobody look dead', async (t) => {
  const directory = leaseDirectory(t);
  for (const name of ['.nfs000001', 'g.x.held', 'g.0.held', 'notes']) {
    writeFileSync(join(directory, name), 'x');
  }
  writeFileSync(join(directory, 'p.strange'), 'no record');
  linkSync(join(directory, 'p.strange'), join(directory, 'g.3.held'));
  const error = await t.throwsAsync(
    acquireLease({ ...free, directory, times: SHORT, waitMs: 900 }),
  );
  t.regex(error?.message ?? '', /busy/);
  t.is(peekHolder(directory), null);
});

test('heartbeat files are for the owner, in a group queue for the group, whatever the umask', async (t) => {
  const modes = [0o700, 0o2770];
  const made = [];
  for (const mode of modes) {
    const directory = leaseDirectory(t);
    chmodSync(directory, mode);
    const lease = await acquireLease({ ...free, directory });
    const [name = ''] = readdirSync(directory).filter((entry) => entry.startsWith('p.'));
    made.push(statSync(join(directory, name)).mode & 0o777);
    t.is(readFileSync(join(directory, name)).length, 512);
    await lease.release();
  }
  t.deepEqual(made, [0o600, 0o660]);
});
