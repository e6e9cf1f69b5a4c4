import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readNodes } from '../../src/queue/nodes.js';
import { submit } from '../queue/make-queue.js';
import { Host, kill, readText, until, untilGone } from './host.js';

/** A job that ends when the test lets it. */
function heldJob(host: Host, name: string): { command: string; release: () => void } {
  const gate = join(host.base, name);
  const command = `echo up; until [ -e '${gate}' ]; do sleep 0.05; done; exit 5`;
  return { command, release: () => writeFileSync(gate, '') };
}

test('a daemon that is killed is started again by its runner, and its job goes on', async (t) => {
  const host = new Host(t);
  const job = heldJob(host, 'gate');
  await submit(host.queue, { command: job.command });
  const env = { RQ_RESTART_MS: '300' };
  t.is((await host.rq(['start', '--max-feed=1'], { env })).status, 0);
  await until('the job runs', () => host.output(1) === 'up\n');
  const first = host.feederPid() ?? 0;
  kill(first);
  await untilGone(first);
  await until('another feeder', () => host.feederPid());
  job.release();
  t.like(await host.inState(1, 'finished'), { exit_status: 5, signal: null, attempt: 1 });
  t.is((await host.rq(['shutdown'])).status, 0);
  await host.nothingLeft();
});

test('a job ends while no feeder lives, and the next one records how', async (t) => {
  const host = new Host(t);
  const job = heldJob(host, 'gate');
  await submit(host.queue, { command: job.command }, { command: 'echo up; kill -9 $$' });
  const feeder = host.go(['feed', '--max-feed=2']);
  await until('the jobs run', () => host.output(1) === 'up\n' && host.output(2) === 'up\n');
  const { pid } = host.job(1);
  kill(feeder.pid);
  await feeder.ended;
  job.release();
  await untilGone(pid ?? 0);
  // As if it had been killed a moment after another settlement.
  const { jobs } = host.place();
  writeFileSync(join(jobs, '0123456789abcdef.yml'), '');
  t.is((await host.rq(['feed', '--until-empty'])).status, 0);
  t.deepEqual(readdirSync(jobs), []);
  t.like(host.job(1), { state: 'finished', exit_status: 5, signal: null, attempt: 1 });
  t.like(host.job(2), { state: 'finished', exit_status: null, signal: 'SIGKILL', attempt: 1 });
  await host.nothingLeft();
});

test('a runner that is killed leaves its job alone, and the next one sees how it ends', async (t) => {
  const host = new Host(t);
  const job = heldJob(host, 'gate');
  await submit(host.queue, { command: job.command });
  const feeder = host.go(['feed', '--max-feed=2', '--until-empty']);
  await until('the job runs', () => host.output(1) === 'up\n');
  const [first = 0] = host.runners();
  kill(first);
  await untilGone(first);
  await until('another runner', () => host.runners()[0]);
  // The feeder goes on: it takes new jobs beside the adopted one.
  await submit(host.queue, { command: 'exit 6' });
  t.is((await host.inState(2, 'finished')).exit_status, 6);
  job.release();
  t.like(await host.inState(1, 'finished'), { exit_status: 5, signal: null, attempt: 1 });
  t.is((await feeder.ended).status, 0);
  await host.nothingLeft();
});

test('a feeder obeys an order that comes while its runner is being replaced', async (t) => {
  const host = new Host(t);
  const job = heldJob(host, 'gate');
  await submit(host.queue, { command: job.command }, {});
  const log = join(host.base, 'log');
  const feeder = host.go(['feed', '--max-feed=1', `--log=${log}`]);
  await until('the job runs', () => host.output(1) === 'up\n');
  for (const pid of host.runners()) kill(pid);
  await until('the loss is seen', () => readText(log).includes('runner.lost'));
  kill(feeder.pid, 'SIGTERM');
  job.release();
  const { status, signal } = await feeder.ended;
  t.deepEqual({ status, signal }, { status: 0, signal: null });
  t.like(host.job(1), { state: 'finished', exit_status: 5 });
  t.is(host.job(2).state, 'pending');
  await host.nothingLeft();
});

test('a job whose runner and shell were killed is dead, or pending again if restartable', async (t) => {
  const host = new Host(t);
  await submit(
    host.queue,
    { command: 'echo up; sleep 600' },
    { command: 'echo up; [ $RQ_ATTEMPT = 2 ] || sleep 600', restartable: true },
  );
  const feeder = host.go(['feed', '--max-feed=2']);
  await until('the jobs run', () => host.output(1) === 'up\n' && host.output(2) === 'up\n');
  const all = host.processes().filter((pid) => pid !== feeder.pid);
  for (const pid of [feeder.pid, ...host.runners(), ...all]) kill(pid);
  await feeder.ended;
  t.is((await host.rq(['feed', '--until-empty'])).status, 0);
  const lost = host.job(1);
  t.like(lost, { state: 'dead', exit_status: null, signal: null, attempt: 1 });
  t.regex(lost.reason ?? '', /^result-lost: /);
  t.like(host.job(2), { state: 'finished', exit_status: 0, attempt: 2 });
  await host.nothingLeft();
});

test('two nodes of one host share a queue, and one settles for the other that died', async (t) => {
  const host = new Host(t);
  const [first, second] = [heldJob(host, 'gate-1'), heldJob(host, 'gate-2')];
  await submit(
    host.queue,
    { command: first.command, hosts: ['b'] },
    { command: second.command, hosts: ['b'] },
    { command: 'echo $RQ_NODE', hosts: ['a'] },
  );
  const a = host.go(['feed', '--node=a', '--max-feed=1']);
  const b = host.go(['feed', '--node=b', '--max-feed=2']);
  await until('jobs of b run', () => host.output(1) === 'up\n' && host.output(2) === 'up\n');
  await host.inState(3, 'finished');
  t.is(host.output(3), 'a\n');
  t.deepEqual(
    host.queue.read(readNodes).map(({ name, slots }) => [name, slots]),
    [
      ['a', 1],
      ['b', 2],
    ],
  );
  const runners = host.runners('b');
  kill(b.pid);
  for (const pid of runners) kill(pid);
  await b.ended;
  first.release();
  // Nobody feeds as b again: a starts b's runner, which finds out how the job ended.
  t.like(await host.inState(1, 'finished'), { exit_status: 5, node: 'b', attempt: 1 });
  t.is(host.job(2).state, 'running');
  second.release();
  t.like(await host.inState(2, 'finished'), { exit_status: 5, node: 'b', attempt: 1 });
  kill(a.pid, 'SIGTERM');
  t.is((await a.ended).status, 0);
  await host.nothingLeft();
});

test('a daemon is started again although a neighbour stood in for it meanwhile', async (t) => {
  const host = new Host(t);
  const jobs = [heldJob(host, 'gate-1'), heldJob(host, 'gate-2')];
  await submit(host.queue, ...jobs.map(({ command }) => ({ command, hosts: ['b'] })));
  const a = host.go(['feed', '--node=a', '--max-feed=1']);
  // Late enough for the neighbour, which looks every second and acts at its second look.
  const env = { RQ_RESTART_MS: '6000' };
  t.is((await host.rq(['start', '--node=b', '--max-feed=2'], { env })).status, 0);
  await until('the jobs run', () => host.output(1) === 'up\n' && host.output(2) === 'up\n');
  const first = host.feederPid('b') ?? 0;
  kill(first);
  await untilGone(first);
  jobs[0]?.release();
  t.like(await host.inState(1, 'finished'), { exit_status: 5 });
  await until('another feeder', () => host.feederPid('b'));
  jobs[1]?.release();
  t.like(await host.inState(2, 'finished'), { exit_status: 5, attempt: 1 });
  for (const node of ['a', 'b']) await host.rq(['shutdown', `--node=${node}`]);
  t.is((await a.ended).status, 0);
  await host.nothingLeft();
});
