import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readFeeder } from '../../src/feeder/node-place.js';
import { submit } from '../queue/make-queue.js';
import { Host, kill, until, untilGone } from './host.js';

/** A job that ends when the test lets it. */
function heldJob(host: Host, name: string): { command: string; release: () => void } {
  const gate = join(host.base, name);
  const command = `echo up; until [ -e '${gate}' ]; do sleep 0.05; done; exit 5`;
  return { command, release: () => writeFileSync(gate, '') };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets the jobs finish and takes nothing new`, async (t) => {
    const host = new Host(t);
    const job = heldJob(host, 'gate');
    await submit(host.queue, { command: job.command }, { command: 'true' });
    const feeder = host.go(['feed', '--max-feed=1']);
    await until('the job runs', () => host.output(1) === 'up\n');
    kill(feeder.pid, signal);
    await submit(host.queue, { command: 'true' });
    job.release();
    const { status, stderr } = await feeder.ended;
    t.is(status, 0, stderr);
    t.is(host.job(1).exit_status, 5);
    t.deepEqual(
      [2, 3].map((jid) => host.job(jid).state),
      ['pending', 'pending'],
    );
    await host.nothingLeft();
  });
}

test('HUP hands over to a successor while a job goes on', async (t) => {
  const host = new Host(t);
  const job = heldJob(host, 'gate');
  await submit(host.queue, { command: job.command });
  t.is((await host.rq(['start', '--max-feed=1'])).status, 0);
  await until('the job runs', () => host.output(1) === 'up\n');
  const first = host.feederPid();
  t.is((await host.rq(['restart'])).status, 0);
  const second = await until('a successor', () => {
    const pid = host.feederPid();
    return pid !== first && pid;
  });
  await untilGone(first ?? 0);
  job.release();
  const done = await host.inState(1, 'finished');
  t.is(done.exit_status, 5);
  t.is(done.attempt, 1);
  // The successor takes new jobs too.
  await submit(host.queue, { command: 'exit 6' });
  t.is((await host.inState(2, 'finished')).exit_status, 6);
  t.is(host.feederPid(), second);
});

test('stop ends the jobs by TERM and then KILL, and puts restartable ones back', async (t) => {
  const host = new Host(t);
  const file = join(host.base, 'child');
  await submit(
    host.queue,
    { command: 'echo up; sleep 600' },
    {
      command: `trap '' TERM; echo up; sleep 600 & echo $! > '${file}'; while :; do sleep 1; done`,
    },
    { command: 'echo up; sleep 600', restartable: true },
    { command: `trap 'exit 0' TERM; echo up; sleep 600 & wait` },
  );
  const feeder = host.go(['feed', '--max-feed=4']);
  await until('all run', () => [1, 2, 3, 4].every((jid) => host.output(jid) === 'up\n'));
  await until('its child runs', () => existsSync(file));
  t.is((await host.rq(['stop'])).status, 0);
  const { status, stderr } = await feeder.ended;
  t.is(status, 0, stderr);
  const [plain, stubborn, restartable, polite] = [1, 2, 3, 4].map((jid) => host.job(jid));
  t.like(plain, { state: 'finished', exit_status: null, signal: 'SIGTERM' });
  t.regex(plain?.reason ?? '', /^stopped with its feeder on /);
  t.like(stubborn, { state: 'finished', exit_status: null, signal: 'SIGKILL' });
  t.like(restartable, { state: 'pending', exit_status: null, signal: null, attempt: 1 });
  t.regex(restartable?.reason ?? '', /stopped/);
  t.like(polite, { state: 'finished', exit_status: 0, signal: null, reason: null });
  await host.nothingLeft();
});

test('start says so while the feeder only lets its jobs end', async (t) => {
  const host = new Host(t);
  const job = heldJob(host, 'gate');
  await submit(host.queue, { command: job.command });
  t.is((await host.rq(['start', '--max-feed=1'])).status, 0);
  await until('the job runs', () => host.output(1) === 'up\n');
  t.is((await host.rq(['shutdown'])).status, 0);
  const pid = host.feederPid() ?? 0;
  await until('the feeder has heard', () => readFeeder(host.place())?.isEnding);
  const refused = await host.rq(['start']);
  t.is(refused.status, 1);
  t.regex(refused.stderr, /^rq: the feeder with pid \d+ lets its jobs end and takes no more/);
  job.release();
  await untilGone(pid);
  t.is((await host.rq(['start'])).status, 0);
  t.is(host.job(1).exit_status, 5);
});
