import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { submit } from '../queue/make-queue.js';
import { Host, kill, readText, until } from './host.js';

test('a job finds the world that it was promised', async (t) => {
  const host = new Host(t);
  const { queue } = host;
  const cwd = join(host.base, 'a directory');
  mkdirSync(cwd);
  writeFileSync(join(host.home, '.bash_profile'), 'export PATH=/bin:/usr/bin PROFILE=read\n');
  const tool = join(queue.paths.bin, 'tool');
  writeFileSync(tool, '#!/bin/sh\necho from q/bin\n');
  chmodSync(tool, 0o755);
  const stdinFile = join(host.base, 'input');
  writeFileSync(stdinFile, 'an input\0 with a NUL');
  const shows = [
    'pwd',
    'echo "$RQ|$RQ_JID|$RQ_TAG|$RQ_ATTEMPT|$RQ_NODE|$RQ_PRIORITY|$OWN|$PROFILE"',
    'tool',
    'umask',
    // Nothing ignored and nothing blocked but what a shell itself sets for a moment.
    `sed -n 's/^SigIgn:\\t0*/ignored /p' /proc/self/status`,
    'wc -c',
    'grep -c "^- jid: $RQ_JID" "$RQ_JOB_FILE"',
    'echo "$RQ_JOB" | grep -c "jid: $RQ_JID"',
    'ls /proc/self/fd | wc -l',
    'echo err >&2',
  ].join('\n');
  await submit(
    queue,
    { command: shows, cwd, tag: 'a tag', priority: 42, env: { OWN: 'mine' }, stdinFile },
    { command: 'pwd; cat', cwd: '/no/such/directory' },
    { command: 'printf %s', argv: ['printf', '%s|', 'two words', '$RQ_JID', ''], cwd: null },
  );
  const words = ['feed', '--until-empty', '--max-feed=2', '--node=n'];
  const feeder = host.run('bash', [
    '-c',
    `umask 027; trap '' INT PIPE; exec 200>lock 9>lock; exec "$@"`,
    'sh',
    ...host.words(words),
  ]);
  const { status, stderr } = await feeder.ended;
  t.is(status, 0, stderr);
  t.deepEqual(host.output(1).split('\n'), [
    cwd,
    `${host.directory}|1|a tag|1|n|42|mine|read`,
    'from q/bin',
    '0027',
    'ignored ',
    '20',
    '1',
    '1',
    // 0, 1, 2 and the directory that ls reads.
    '4',
    '',
  ]);
  t.is(host.errors(1), 'err\n');
  t.is(host.output(2), `${host.home}\n`);
  t.regex(host.errors(2), /^rq: no directory \/no\/such\/directory on this host, using home\n$/);
  t.is(host.output(3), 'two words|$RQ_JID||');
});

test('the output of a job can be read while it runs', async (t) => {
  const host = new Host(t);
  const gate = join(host.base, 'gate');
  const command = `echo early; until [ -e '${gate}' ]; do sleep 0.05; done; echo late`;
  await submit(host.queue, { command });
  const feeder = host.go(['feed', '--max-feed=1', '--until-empty']);
  await until('its first line', () => host.output(1) === 'early\n');
  t.is((await host.rq(['stdout', '1'])).stdout, 'early\n');
  t.is(host.job(1).state, 'running');
  writeFileSync(gate, '');
  t.is((await feeder.ended).status, 0);
  t.is((await host.rq(['stdout', '1'])).stdout, 'early\nlate\n');
});

test('a job submitted on this host wakes its idle feeder at once', async (t) => {
  const host = new Host(t);
  // Without the wake-up it would be found after ten minutes.
  host.create({ idle_poll_ms: 600_000, full_tick_ms: 600_000 });
  const feeder = host.go(['feed', '--max-feed=1', '--min-sleep=600', '--max-sleep=600']);
  await until('it feeds', () => host.feederPid());
  t.is((await host.rq(['submit', '-q', 'true'])).status, 0);
  await host.inState(1, 'finished');
  t.is((await host.rq(['submit', '-q', 'true'])).status, 0);
  await host.inState(2, 'finished');
  kill(feeder.pid, 'SIGTERM');
  t.is((await feeder.ended).status, 0);
});

test('a local disk that takes no job stops the claims until it does', async (t) => {
  const host = new Host(t);
  host.create();
  const log = join(host.base, 'log');
  const feeder = host.go(['feed', '--max-feed=1', `--log=${log}`]);
  const { jobs } = host.place();
  await until('an armed shell', () => armedIn(host));
  // A link to nowhere in the place of the directory: nothing can be written there, not even by root.
  rmSync(jobs, { recursive: true, force: true });
  symlinkSync(join(host.base, 'no', 'where'), jobs);
  await submit(host.queue, { command: 'exit 3' });
  const pauses = (): number => readText(log).match(/claims\.paused/g)?.length ?? 0;
  await until('three pauses', () => pauses() >= 3);
  const waiting = host.job(1);
  t.like(waiting, { state: 'pending', attempt: 1 }, 'it looks at the disk before it claims again');
  t.regex(waiting.reason ?? '', /^attempt 1 could not start on .*: E[A-Z]+: /);
  rmSync(jobs);
  t.like(await host.inState(1, 'finished'), { exit_status: 3, attempt: 2, reason: null });
  t.deepEqual(readdirSync(jobs), []);
  kill(feeder.pid, 'SIGTERM');
  t.is((await feeder.ended).status, 0);
});

test('a job whose script cannot be written pauses the claims, and says why', async (t) => {
  const host = new Host(t);
  host.create();
  const log = join(host.base, 'log');
  const feeder = host.go(['feed', '--max-feed=1', `--log=${log}`]);
  const armed = await until('an armed shell', () => armedIn(host));
  mkdirSync(join(armed, 'script'));
  await submit(host.queue, { command: 'exit 3' });
  t.like(await host.inState(1, 'finished'), { exit_status: 3, attempt: 2 });
  t.regex(readText(log), /claims\.paused .*EISDIR/);
  kill(feeder.pid, 'SIGTERM');
  t.is((await feeder.ended).status, 0);
});

/** The spool directory of a shell that waits for a job. */
function armedIn(host: Host): string | undefined {
  const spool = join(host.place().directory, 'spool');
  if (!existsSync(spool)) return undefined;
  return readdirSync(spool)
    .map((name) => join(spool, name))
    .find((directory) => /^\d+ /.test(readText(join(directory, 'shell'))));
}
