import {
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readProcessStat } from '../../src/host/process.js';
import { nodePlace } from '../../src/feeder/node-place.js';
import { openQueue } from '../../src/queue/open.js';
import { bump } from '../../src/queue/wake.js';
import { type Going, Host, kill, readText, RQ } from '../process/host.js';
import { makeQueue, submit } from '../queue/make-queue.js';
import { Actor, highestGeneration, makeDirectory, until } from './queue-under-test.js';

/**
 * Holes of the protocol that need only one host, one test for each that fails without its cure; those
 * of lease, journal, runner and daemon have theirs beside these and in test/lock, test/runner and
 * test/process. Which line cures it says the comment.
 */

const FED = ['feed', '--max-feed=1', '--until-empty'];

test('a submitter that dies before its commit leaves no job, only a nameless upload', async (t) => {
  // Uploads have random names until the commit (inputs.ts, uploadInputs): no job can take them for its own.
  const host = new Host(t);
  const env = { RQ_FAULT: 'inputs-uploaded' };
  host.create();
  const died = await host.rq(submitCat(host, 'first'), { env });
  t.is(died.signal, 'SIGKILL', died.stderr);
  t.is((await host.rq(submitCat(host, 'second'))).status, 0);
  t.is((await host.rq(FED)).status, 0);
  t.is(host.output(1), 'second');
  t.deepEqual(
    readdirSync(host.queue.paths.stdin)
      .map((name) => name.replace(/^u\..*/, 'u'))
      .toSorted(),
    ['1', 'u'],
  );
});

test('a submitter that dies right after its commit leaves a job that finds its input', async (t) => {
  // The claimer renames what the submitter could not (feeder.ts, finishUploads before the go).
  const host = new Host(t);
  const env = { RQ_FAULT: 'transaction-committed' };
  host.create();
  const died = await host.rq(submitCat(host, 'its input'), { env });
  t.is(died.signal, 'SIGKILL', died.stderr);
  t.regex(readdirSync(host.queue.paths.stdin).join(), /^u\.[0-9a-f]{16}$/);
  t.is((await host.rq(FED)).status, 0);
  t.like(host.job(1), { state: 'finished', exit_status: 0 });
  t.is(host.output(1), 'its input');
});

test('a copied queue is not fed until its owner says so', async (t) => {
  // Copy and original have one uuid: feed compares the inode (feed.ts, refuseMovedQueue), …
  const host = new Host(t);
  await submit(host.queue, { command: 'echo ran' });
  const copy = join(host.base, 'copy');
  cpSync(host.directory, copy, { recursive: true });
  const refused = await host.run(process.execPath, [RQ, copy, ...FED]).ended;
  t.is(refused.status, 1);
  t.regex(refused.stderr, /^rq: \S+\/copy is a copy, or was moved or restored: .*--force\n$/);
  t.is(refused.stdout, '');
  // … and the local names hold it (node-place.ts): the two never share a runner.
  const second = openQueue(copy);
  t.not(
    nodePlace(second, 'n', host.local).directory,
    nodePlace(host.queue, 'n', host.local).directory,
  );
  second.close();
  t.is((await host.run(process.execPath, [RQ, copy, ...FED, '--force']).ended).status, 0);
  t.is(readText(join(copy, 'stdout', '1')), 'ran\n');
  // Once said, it lives there.
  t.is((await host.run(process.execPath, [RQ, copy, ...FED]).ended).status, 0);
  t.is(host.job(1).state, 'pending');
});

test('a holder in another pid namespace of this machine is not taken for dead', async (t) => {
  // Containers share the boot id: "this host" is boot id and pid namespace (identity.ts, isSameHost).
  const { directory } = makeQueue(t);
  const under = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const holder = new Actor(t, 'lease', [directory], { under });
  await holder.says(/HELD/);
  const thief = new Actor(t, 'lease', [directory, '1500']);
  await thief.ended();
  t.regex(thief.output, /is busy: \S+ pid \d+ writes/);
  holder.tell('');
  t.is(await holder.ended(), 0, holder.said);
});

test('a process that is hidden from this user counts as alive', async (t) => {
  // What cannot be read is no proof (process.ts, isProcessGone).
  const hidden = new Actor(t, 'lease', [makeQueue(t).directory]);
  await hidden.says(/HELD/);
  const start = String(readProcessStat(hidden.pid)?.startTicks);
  // Root without its capabilities is nobody special; the group whose members see all is not root's.
  const hide = 'mount -t proc -o hidepid=2,gid=65534 proc /proc';
  const script = `${hide} && exec setpriv --inh-caps=-all --bounding-set=-all "$@"`;
  const under = ['unshare', '--mount', 'bash', '-c', script, 'bash'];
  const looker = new Actor(t, 'gone', [String(hidden.pid), start], { under });
  t.is(await looker.ended(), 0, looker.said);
  t.is(looker.output, 'gone false visible false\n');
});

test('a go that a frozen feeder sends too late is void, and the job runs once, later', async (t) => {
  // The claim carries the end of its right to start (transaction.ts, goUntilUptimeMs); runner and shell check it.
  const host = new Host(t);
  host.create({ lease_ttl_ms: 2_500, lease_beat_ms: 250, lease_self_limit_ms: 2_000 });
  await submit(host.queue, { command: 'echo ran' });
  const feeder = host.go(FED, { env: { RQ_FAULT: 'jobs-claimed:stop' } });
  await stopped(feeder);
  const began = performance.now();
  await until('the end of the right to start', () => performance.now() - began > 2_100);
  t.is(host.job(1).state, 'running');
  kill(feeder.pid, 'SIGCONT');
  // The second claim stops it again, and is in time.
  await until('another attempt', () => host.job(1).attempt === 2);
  await stopped(feeder);
  kill(feeder.pid, 'SIGCONT');
  t.is((await feeder.ended).status, 0);
  t.like(host.job(1), { state: 'finished', attempt: 2 });
  t.is(host.output(1), 'ran\n');
  t.deepEqual(outcomes(host), ['no-go', 'finished']);
});

test('a job that was claimed and never got its go goes back and runs once', async (t) => {
  // Same boot, same spool, shell gone, no marker: proof (reconcile.ts, judge).
  const host = new Host(t);
  await submit(host.queue, { command: 'echo ran' });
  const died = await host.rq(FED, { env: { RQ_FAULT: 'jobs-claimed' } });
  t.is(died.signal, 'SIGKILL');
  t.is(host.job(1).state, 'running');
  t.is((await host.rq(FED)).status, 0);
  t.like(host.job(1), { state: 'finished', attempt: 2 });
  t.is(host.output(1), 'ran\n');
  t.deepEqual(outcomes(host), ['no-go', 'finished']);
});

test('without the spool of the claim nothing proves that a job never ran', async (t) => {
  // Another spool id than at the claim: unknown, so dead, or again if restartable (reconcile.ts, judge).
  const host = new Host(t);
  await submit(host.queue, { command: 'echo ran' }, { command: 'echo ran', restartable: true });
  const died = await host.rq(['feed', '--max-feed=2'], { env: { RQ_FAULT: 'jobs-claimed' } });
  t.is(died.signal, 'SIGKILL');
  for (const pid of host.processes()) kill(pid);
  await host.nothingLeft();
  rmSync(host.place().directory, { recursive: true });
  t.is((await host.rq(FED)).status, 0);
  t.like(host.job(1), { state: 'dead', attempt: 1 });
  t.regex(String(host.job(1).reason), /^result-lost: /);
  t.like(host.job(2), { state: 'finished', attempt: 2 });
});

test('a feeder killed while its job runs makes room at once, and its successor adopts the job', async (t) => {
  // The place is a lock that the kernel frees (feed.ts, takePlace); runners adopt nothing twice.
  const host = new Host(t);
  const gate = join(host.base, 'gate');
  await submit(host.queue, { command: `echo ran; until [ -e '${gate}' ]; do sleep 0.05; done` });
  const first = host.go(['feed', '--max-feed=1']);
  await until('the job runs', () => host.output(1) === 'ran\n');
  t.is((await host.rq(FED)).status, 1, 'the place is taken');
  kill(first.pid);
  const second = host.go(FED);
  await first.ended;
  await until('the successor', () => host.feederPid() === second.pid);
  writeFileSync(gate, '');
  t.is((await second.ended).status, 0);
  t.like(host.job(1), { state: 'finished', attempt: 1 });
  t.is(host.output(1), 'ran\n');
});

test('wakes without work for it make a feeder look, and take no lease', async (t) => {
  // Read first, without the lease (feeder.ts, lookBeforeLease).
  const host = new Host(t);
  host.create({ idle_poll_ms: 20 });
  await submit(host.queue, { command: 'true', hosts: ['elsewhere'] }, { command: 'true' });
  const feeder = host.go(['feed', '--max-feed=1']);
  await host.inState(2, 'finished');
  const before = highestGeneration(host.directory);
  for (let count = 0; count < 50; count += 1) {
    bump(host.queue.paths.wakeWork);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // It still listens: a job for it is taken.
  await submit(host.queue, { command: 'true' });
  await host.inState(3, 'finished');
  // One for the submit, one for the claim, one for the ending; another where claim and ending met a waiter.
  t.true(
    highestGeneration(host.directory) - before <= 5,
    `${highestGeneration(host.directory) - before} leases`,
  );
  kill(feeder.pid, 'SIGTERM');
  t.is((await feeder.ended).status, 0);
});

test('a local directory of another user is refused, and its owner named', async (t) => {
  // lstat decides, not whether we could write there (local-directory.ts, makePrivate).
  const host = new Host(t);
  await submit(host.queue, { command: 'true' });
  t.is(process.getuid?.(), 0, 'only root can make a directory of another user');
  const other = makeDirectory(t);
  const mine = join(other, `rq-${process.getuid?.() ?? 0}`);
  mkdirSync(mine, { mode: 0o700 });
  chownSync(mine, 65_534, 65_534);
  const refused = await host.rq(FED, { env: { RQ_LOCAL: other } });
  t.is(refused.status, 1);
  t.regex(
    refused.stderr,
    /^rq: \S+ belongs to uid 65534, not to you \(uid \d+\): set RQ_LOCAL to another .*\n$/,
  );
  t.is(statSync(mine).uid, 65_534);
  t.is((await host.rq(FED)).status, 0);
});

/** A job that prints its input. */
function submitCat(host: Host, input: string): string[] {
  const file = join(host.base, 'input');
  writeFileSync(file, input);
  return ['submit', `--stdin=${file}`, 'cat'];
}

async function stopped(feeder: Going): Promise<void> {
  await until('a stopped feeder', () => readProcessStat(feeder.pid)?.state === 'T');
}

function outcomes(host: Host): unknown[] {
  return host.queue.read((db) =>
    db.prepare('select outcome from attempts order by attempt').pluck().all(),
  );
}
