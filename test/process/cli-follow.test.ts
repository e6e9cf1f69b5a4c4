import { renameSync } from 'node:fs';
import test from 'ava';
import { shellWithQueue } from './cli-shell.js';
import { until } from './host.js';

test('run shows the output of the second attempt, too', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q start -q --max-feed=1');
  const running = shell.sh(
    "rq q run --restartable 'echo A$RQ_ATTEMPT; while [ ! -e go-on ]; do sleep 0.1; done; echo B$RQ_ATTEMPT; exit 3'",
  );
  const stdout = 'rq q stdout 1 2>/dev/null';
  await until('it writes', async () => (await shell.sh(stdout)).stdout === 'A1\n');
  // What the follower has not read when the file is removed is lost: it looks once a second.
  await shell.out('sleep 1.2; rq q stop -q');
  await until('the feeder ends', async () => (await shell.sh('rq q pid')).status === 1);
  await shell.out('rq q start -q');
  await until('it runs again', async () => (await shell.sh(stdout)).stdout === 'A2\n');
  await shell.out('touch go-on');
  const { status, stdout: shown } = await running;
  t.is(shown, 'A1\nA2\nB2\n');
  t.is(status, 3);
});

for (const words of [
  ['wait', '1'],
  ['tail', '1'],
  ['run', 'true'],
]) {
  test(`${words[0]} says so when the queue goes away`, async (t) => {
    const shell = await shellWithQueue(t);
    const { host } = shell;
    await shell.out('rq q submit -q --stage true; ln -s q "q it\'s"');
    const count = words[0] === 'run' ? 2 : 1;
    const going = host.go(words);
    await until('it watches', async () => {
      const listed = await shell.out('rq q list -o ids');
      return listed.split('\n').length > count;
    });
    // Opened by now, or else it says that there is none: so let it come as far as its first look.
    await shell.out('sleep 1');
    renameSync(`${host.base}/q`, `${host.base}/moved`);
    const { status, stderr } = await going.ended;
    t.is(status, 1);
    t.regex(stderr, /^(rq: job 2 goes on .*\n)?rq: the queue is gone: \/.*\n$/);
    t.is(stderr.includes('job 2 goes on'), words[0] === 'run');
  });
}

test('a hangup ends run, which names the job first', async (t) => {
  const shell = await shellWithQueue(t);
  const { status, stderr } = await shell.sh(
    '"$RQ_NODE" "$RQ_BIN" q run true & p=$!; until [ "$(rq q list -o ids)" = 1 ]; do :; done; sleep 1; kill -HUP $p; wait $p',
  );
  t.is(status, 129);
  t.regex(stderr, /^rq: job 1 goes on: rq q tail 1$/m);
});

test('standard input that was kept for a job leaves nothing behind, even after a kill', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('mkdir tmp');
  const { status } = await shell.sh(
    'mkfifo pipe; TMPDIR=$PWD/tmp "$RQ_NODE" "$RQ_BIN" q submit --stdin cat < pipe & p=$!; exec 3> pipe; echo x >&3; until ls -l /proc/$p/fd | grep -q "stdin (deleted)"; do :; done; kill -9 $p; wait $p',
  );
  t.is(status, 137);
  t.is(await shell.out('ls tmp'), '');
  await shell.out('echo input | TMPDIR=$PWD/tmp rq q submit -q --stdin cat; ls tmp');
  t.is(await shell.out('rq q stdin 1'), 'input\n');
  await shell.out('rq q submit -q --stdin=<(echo piped) cat');
  t.is(await shell.out('rq q stdin 2'), 'piped\n');
});
