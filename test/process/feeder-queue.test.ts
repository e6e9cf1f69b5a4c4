import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { submit } from '../queue/make-queue.js';
import { Host, kill, readText, RQ, until } from './host.js';

test('the log of a daemon rolls by its size', async (t) => {
  const host = new Host(t);
  await submit(host.queue, ...Array.from({ length: 12 }, () => ({ command: 'exit 3' })));
  const log = join(host.base, 'logs', 'rq.log');
  mkdirSync(join(host.base, 'logs'));
  const words = ['--max-feed=2', `--log=${log}`, '--log-size=1000', '--until-empty'];
  const started = await host.rq(['start', ...words]);
  t.is(started.status, 0, started.stderr);
  await host.nothingLeft();
  const files = readdirSync(join(host.base, 'logs'));
  t.true(files.includes('rq.log') && files.includes('rq.log.1'), files.join());
  for (const name of files) t.true(statSync(join(host.base, 'logs', name)).size <= 1000, name);
  t.regex(readText(log), /info feeder\.ended/);
  t.regex(readText(log), /^20\S+Z (info|warn) \S+ /);
});

test('a feeder whose queue is deleted ends with one line, and so does its runner', async (t) => {
  const host = new Host(t);
  await submit(host.queue, { command: 'echo up; sleep 0.2' });
  const feeder = host.go(['feed', '--max-feed=1', '--quiet']);
  await host.inState(1, 'finished');
  const local = host.place().directory;
  rmSync(host.directory, { recursive: true });
  const { status, stderr } = await feeder.ended;
  t.is(status, 1);
  t.regex(stderr.trim().split('\n').at(-1) ?? '', /^rq: (no queue|the queue is gone|there is no)/);
  t.false(/ {4}at /.test(stderr), stderr);
  t.deepEqual(readdirSync(join(local, 'spool')), ['id']);
  await host.nothingLeft();
});

test('a feeder whose queue is moved away and back goes on', async (t) => {
  const host = new Host(t);
  host.create();
  const feeder = host.go(['feed', '--max-feed=1', '--quiet']);
  await until('it feeds', () => host.feederPid());
  await submit(host.queue, { command: 'exit 4' });
  t.is((await host.inState(1, 'finished')).exit_status, 4);
  kill(feeder.pid, 'SIGSTOP');
  renameSync(host.directory, `${host.directory} aside`);
  renameSync(`${host.directory} aside`, host.directory);
  kill(feeder.pid, 'SIGCONT');
  await submit(host.queue, { command: 'exit 5' });
  t.is((await host.inState(2, 'finished')).exit_status, 5);
  kill(feeder.pid, 'SIGTERM');
  t.is((await feeder.ended).status, 0);
  await host.nothingLeft();
});

test('a read-only queue is listed, and refused by feed and submit in one line', async (t) => {
  const host = new Host(t);
  await submit(host.queue, {});
  // A mount of its own, seen by these processes alone: root may write wherever modes forbid it.
  const script = `
    mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99
    "$2" "$3" "$1" list -o ids || exit 98
    "$2" "$3" "$1" submit true; echo "submit $?"
    "$2" "$3" "$1" feed --until-empty; echo "feed $?"
  `;
  const words = ['-rm', 'sh', '-c', script, 'sh', host.directory, process.execPath, RQ];
  const { status, stdout, stderr } = await host.run('unshare', words).ended;
  t.is(status, 0, stderr);
  t.is(stdout, '1\nsubmit 1\nfeed 1\n');
  const said = stderr.split('\n').filter((line) => line.startsWith('rq: '));
  t.is(said.length, 2, stderr);
  for (const line of said) t.regex(line, /read-only/i);
  t.is(host.job(1).state, 'pending');
  // Its feeder sent the runner away: left to itself one waits a minute for another feeder.
  await host.nothingLeft(30_000);
});
