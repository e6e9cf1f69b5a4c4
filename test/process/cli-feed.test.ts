import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { until } from './host.js';
import { shellWithQueue } from './cli-shell.js';

test("the article's commands work: a daemon, its log with and without =", async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out(
    "rq q submit -q -t important 'echo one'; rq q submit -q -t important -p 42 'echo two'",
  );
  for (const option of ['-l ~/rq.log', '-l=~/rq.log']) {
    const started = await shell.out(`rq q feed --daemon --max-feed=1 ${option}`);
    t.regex(started, /^---\npid: \d+\nstarted: true\n$/);
    const again = await shell.sh('rq q feed --daemon');
    t.is(again.status, 1);
    t.regex(again.stderr, /already.*pid \d+/);
    t.is((await shell.sh('rq q wait -q')).status, 0);
    await shell.out('rq q shutdown');
    await until('the feeder ends', () => shell.host.processes().length === 0);
  }
  t.regex(readFileSync(join(shell.host.home, 'rq.log'), 'utf8'), /feeder\.started/);
  t.is(await shell.out('rq q stdout 1 2'), 'one\ntwo\n');
  // Priority 42 came first.
  t.is(await shell.out('rq q query tag=important -o ids --sort=started'), '2\n1\n');
  t.is(
    await shell.out("rq q list | egrep 'jid|state|tag' | head -3"),
    '- jid: 1\n  state: finished\n  tag: important\n',
  );
});

test('start, pid, feeder and shutdown tell the truth', async (t) => {
  const shell = await shellWithQueue(t);
  const none = await shell.sh('rq q pid');
  t.is(none.status, 1);
  t.is(none.stdout, '---\npid:\n');
  t.is((await shell.sh('rq q feeder')).stdout, '---\nfeeder: false\n');
  const started = JSON.parse(await shell.out('rq q start --max-feed=1 -o json'));
  t.true(started.started);
  t.deepEqual(JSON.parse(await shell.out('rq q start --max_feed=2 -o json')), {
    pid: started.pid,
    started: false,
  });
  t.is(await shell.out('rq q pid'), `---\npid: ${started.pid}\n`);
  t.is(await shell.out('rq q feeder'), '---\nfeeder: true\n');
  t.deepEqual(JSON.parse(await shell.out('rq q shutdown -o json')), {
    pid: started.pid,
    signaled: 'SIGTERM',
  });
  await until('the feeder ends', () => shell.host.processes().length === 0);
});

test('run shows the output and ends with the status of the job', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q start -q --max-feed=2');
  const ran = await shell.sh("rq q run 'echo out; echo err >&2; exit 7'");
  t.deepEqual(ran, { status: 7, stdout: 'out\n', stderr: 'err\n' });
  const killed = await shell.sh("rq q run sh -c 'kill -9 $$'");
  t.is(killed.status, 137);
  t.is(killed.stderr, 'rq: job 2 was ended by SIGKILL\n');
  t.is(await shell.out('echo input | rq q run --stdin cat'), 'input\n');
});

test('an interrupt ends run, names the job, and leaves it running', async (t) => {
  const shell = await shellWithQueue(t);
  const { host } = shell;
  await shell.out('ln -s q "q it\'s"; rq q start -q --max-feed=1');
  const going = host.go(['run', 'echo begun; while [ ! -e go-on ]; do sleep 0.1; done']);
  let shown = '';
  going.child.stdout?.on('data', (text: string) => (shown += text));
  await until('the job writes', () => shown.includes('begun'));
  going.child.kill('SIGINT');
  const { status, stderr } = await going.ended;
  t.is(status, 130);
  t.regex(stderr, /^rq: job 1 goes on: rq .* tail 1\n$/);
  const [job] = JSON.parse(await shell.out('rq q list -o json'));
  t.is(job.state, 'running');
  await shell.out('touch go-on; rq q wait -q 1');
});

test('wait ends as its jobs did', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out(
    "rq q submit -q -t good true; rq q submit -q -t bad false; rq q submit -q -t slow --stage 'sleep 600'; rq q feed --until-empty -q 2>/dev/null",
  );
  t.is((await shell.sh('rq q wait -q tag=good')).status, 0);
  t.is((await shell.sh('rq q wait -q 1,2')).status, 4);
  t.is((await shell.sh('rq q wait -q --any 1 3')).status, 0);
  t.is(await shell.out('rq q list 1 | rq q wait - -o ids'), '1\n');
  const late = await shell.sh('rq q wait --timeout=0.2 3');
  t.is(late.status, 124);
  t.regex(late.stderr, /1 job not over after 0\.2/);
  t.is((await shell.sh('rq q wait tag=none')).status, 3);
  // It prints what is over already as soon as it knows what it waits for.
  const deleted = shell.sh('rq q wait -o ids 1 3 > waited');
  const waited = join(shell.host.base, 'waited');
  await until('wait has begun', () => existsSync(waited) && readFileSync(waited, 'utf8') === '1\n');
  await shell.out('rq q delete -q 3');
  t.is((await deleted).status, 4);
  t.is(await shell.out('rq q wait'), '--- []\n');
});

test('tail follows the output to the end', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out(
    "rq q submit -q 'for n in 1 2 3; do echo $n; sleep 0.2; done'; rq q submit -q 'echo other'",
  );
  const tail = shell.sh('rq q tail 1');
  await shell.out('rq q feed --until-empty -q 2>/dev/null');
  t.deepEqual(await tail, { status: 0, stdout: '1\n2\n3\n', stderr: '' });
  t.is(await shell.out('rq q tail 1,2'), '==> stdout/1 <==\n1\n2\n3\n\n==> stdout/2 <==\nother\n');
  await shell.out(
    "rq q run -q 'seq 100' > /dev/null & rq q feed --until-empty -q 2>/dev/null; wait",
  );
  t.is((await shell.out('rq q tail last')).split('\n')[0], '91');
});

test('output of jobs is printed whole; what is not there yet is empty', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out(
    "rq q submit -q 'head -c 300000 /dev/urandom | tee copy; echo e >&2'; rq q submit -q --stage true",
  );
  await shell.out('rq q feed --until-empty -q 2>/dev/null');
  t.is(await shell.out('rq q stdout 1 | cmp - copy; rq q 2 1'), 'e\n');
  t.deepEqual(await shell.sh('rq q stdout 2'), { status: 0, stdout: '', stderr: '' });
  t.is(
    await shell.out('rq q stdout4 1 2'),
    ['1', '2'].map((jid) => `${join(shell.host.base, 'q/stdout', jid)}\n`).join(''),
  );
  t.true(existsSync(join(shell.host.base, 'q/stdout/1')));
});

test('retry takes the failed ones only', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out(
    'rq q submit -q true; rq q submit -q false; rq q feed --until-empty -q 2>/dev/null',
  );
  t.is(await shell.out('rq q retry all -o ids'), '2\n');
  t.is((await shell.sh('rq q retry all')).status, 3);
  const named = await shell.sh('rq q retry 1');
  t.is(named.status, 1);
  t.is(named.stderr, 'rq: job 1 succeeded\n');
});
