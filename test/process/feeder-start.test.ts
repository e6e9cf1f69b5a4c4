import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { submit } from '../queue/make-queue.js';
import { Host, RQ } from './host.js';

test('start returns when the feeder feeds, and only one feeds here whatever the path or HOME', async (t) => {
  const host = new Host(t);
  await submit(host.queue, { command: 'echo $RQ_JID' });
  const started = await host.rq(['start', '--max-feed=1']);
  t.is(started.status, 0, started.stderr);
  const pid = host.feederPid();
  t.is(started.stdout, `---\npid: ${pid}\nstarted: true\n`);
  // It has a runner and its slots now: the job begins at once.
  await host.inState(1, 'finished');
  t.is(host.output(1), '1\n');

  t.is((await host.rq(['pid'])).stdout, `---\npid: ${pid}\n`);
  t.is((await host.rq(['feeder'])).stdout, '---\nfeeder: true\n');
  t.is((await host.rq(['start'])).stdout, `---\npid: ${pid}\nstarted: false\n`);
  const second = await host.rq(['feed']);
  t.is(second.status, 1);
  t.regex(second.stderr, new RegExp(`pid ${pid}`));

  const link = join(host.base, 'link');
  const home = join(host.base, 'other home');
  symlinkSync(host.directory, link);
  mkdirSync(home);
  const elsewhere = host.run(process.execPath, [RQ, link, 'pid'], {
    env: { HOME: home },
  });
  t.is((await elsewhere.ended).stdout, `---\npid: ${pid}\n`);

  t.is((await host.rq(['shutdown'])).status, 0);
  await host.nothingLeft();
  t.is((await host.rq(['pid'])).status, 1);
  t.is((await host.rq(['shutdown'])).status, 1);
});

test('two starts at once make one feeder, and both succeed', async (t) => {
  const host = new Host(t);
  host.create();
  const both = await Promise.all([host.rq(['start']), host.rq(['start'])]);
  t.deepEqual(
    both.map(({ status }) => status),
    [0, 0],
    both.map(({ stderr }) => stderr).join(),
  );
  const pid = host.feederPid();
  for (const { stdout } of both) t.regex(stdout, new RegExp(`^pid: ${pid}$`, 'm'));
});

test('start says in one line why the feeder cannot feed', async (t) => {
  const host = new Host(t);
  host.create();
  const { status, stdout, stderr } = await host.rq(['start', `--log=${host.directory}/db/log`]);
  t.is(status, 1);
  t.is(stdout, '');
  t.regex(stderr, /^rq: [^\n]*\/db[^\n]*\n$/);
  await host.nothingLeft();
});

test('a start that failed leaves no runner that would start the feeder again', async (t) => {
  const host = new Host(t);
  const disk = join(host.base, 'disk');
  mkdirSync(disk);
  // A small disk of its own, seen by these processes alone: the queue is made on it, and then it is full.
  const script = `
    mount -t tmpfs -o size=1m none "$1" && "$2" "$3" "$1/q" create > "$1/said" || exit 99
    cat /dev/zero > "$1/filler" 2> /dev/null
    "$2" "$3" "$1/q" start
  `;
  const words = ['-rm', 'sh', '-c', script, 'sh', disk, process.execPath, RQ];
  const { status, stdout, stderr } = await host.run('unshare', words).ended;
  t.is(status, 1, stderr);
  t.is(stdout, '');
  t.regex(stderr, /^rq: [^\n]*\n$/);
  t.regex(stderr, /space/);
  // Left to itself a runner starts its feeder again after 5 s, and waits a minute for one.
  await host.nothingLeft(4_000);
});
