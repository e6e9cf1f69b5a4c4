import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { until } from './host.js';
import { shellWithQueue } from './cli-shell.js';

/** What is typed, the exit status, and how the one line on stderr goes on after `rq: `. */
const REFUSED: readonly [string, number, RegExp][] = [
  ['rq q submit --frobnicate x', 2, /unknown option --frobnicate/],
  ['rq q sbumit x', 2, /unknown mode sbumit; did you mean submit\?/],
  ['rq q submit -p high x', 2, /--priority: expected a whole number, got "high"/],
  ["rq q submit ''", 2, /command: expected text, got nothing/],
  ["rq q submit '' x", 2, /expected a program and its arguments/],
  ['rq q submit -i nowhere', 2, /cannot read nowhere: ENOENT/],
  ['rq q submit -i .', 2, /cannot read \.: EISDIR/],
  ['rq q submit --stdin=nowhere cat', 2, /stdin: cannot read .*nowhere: ENOENT/],
  ['rq q submit --data=nowhere cat', 2, /data: cannot read .*nowhere: ENOENT/],
  ['head -c 300 /bin/bash | rq q submit -', 2, /stdin:1: /],
  ["printf 'echo a\\0b\\n' | rq q submit -", 2, /stdin:1: /],
  [
    "printf -- '- command: a\\n- command: b\\n  priority: high\\n' | rq q submit -",
    2,
    /stdin:2: job 2: priority: expected a whole number, got "high"/,
  ],
  ["printf -- '- command: [\\n' | rq q submit -", 2, /^rq: stdin:1: job 1: [a-z ]+$/],
  ['rq q submit - < /dev/null', 3, /no jobs in the input/],
  ['rq q submit < /dev/null', 3, /no jobs in the input/],
  ['rq q submit x -; rq q submit - x', 2, /both a command and -/],
  ["rq q submit $'caf\\xe9'", 2, /not UTF-8/],
  ['rq q list -o xml', 2, /--output: expected one of/],
  ['rq q list -f nothing', 2, /no field fits "nothing"/],
  ['rq q list --sort=nothing', 2, /--sort: no such field/],
  ['rq q list --limit=-1', 2, /--limit: expected a whole number from 0/],
  ['rq q list frobnicate', 2, /expected a jid, a state/],
  ['rq q query', 2, /no condition/],
  ['rq q query nofield=3', 2, /no such field: nofield/],
  ['rq q update 1', 2, /nothing to change/],
  ['rq q update priority=3', 3, /no job is selected/],
  ['rq q update 1 jid=3', 2, /update cannot change jid/],
  ['rq q delete', 3, /no job is selected/],
  ['rq q delete 99', 3, /no job 99/],
  ['rq q delete 98-99', 3, /no job 98-99/],
  ['rq q stdout 99', 3, /no job 99/],
  ['rq q stdout', 2, /no job: rq QUEUE stdout/],
  ['rq q wait 99', 3, /no job 99/],
  ['rq q wait --timeout=soon', 2, /expected a duration/],
  ['rq q status extra', 2, /status takes no "extra"/],
  ['rq q status --exit=x', 2, /--exit: expected name=code/],
  ['rq q create', 1, /exists already/],
  ['rq q2 create --set nosuch=1', 2, /no setting nosuch/],
  ['rq q2 create --group=no-such-group', 2, /no such group/],
  ['rq nowhere list', 1, /no queue at nowhere: make one with/],
  ['rq ./ list', 1, /is not a queue/],
  ["rq '' list", 2, /^rq: the queue's name is empty$/],
  ['rq list', 2, /no queue: rq QUEUE list/],
  ['rq q pid -o table', 2, /--output: expected yaml, json or jsonl/],
  ['rq q shutdown', 1, /does not feed from/],
  ['rq q stop', 1, /does not feed from/],
  ['rq q restart', 1, /does not feed from/],
  ['rq q feed --max-feed=many', 2, /--max-feed: expected a whole number/],
  ['rq q feed --min-sleep=9 --max-sleep=8', 2, /--min-sleep: 9 is longer than --max-sleep: 8/],
  ["rq q start --node='a b/c'", 2, /--node: expected a name .*got "a b\/c"/],
  ["rq q start --node=$'a\\nb'", 2, /--node: expected a name .*got "a\\nb"/],
  ['rq q start --node=..', 2, /--node: expected a name/],
  ["rq q pid --node=$(printf '%065d' 0)", 2, /--node: expected a name of at most 64 bytes/],
  ['rq q feed -v7', 2, /--verbosity: expected 0 to 4/],
  ['rq help nothing', 2, /no mode nothing to explain/],
  ['rq q rotate', 2, /this version of rq has no mode rotate/],
  ["RQ_OPTS='--nope' rq q list", 2, /RQ_OPTS: unknown option --nope/],
  ['rq q submit --env NO_SUCH_NAME true', 2, /NO_SUCH_NAME is not set here/],
];

test('what cannot be done is told in one line with its exit status, and changes nothing', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q true');
  for (const [script, status, line] of REFUSED) {
    const result = await shell.sh(script);
    const lines = result.stderr.trimEnd().split('\n');
    t.is(result.status, status, `${script}: ${result.stderr}`);
    t.regex(lines.at(-1) ?? '', line, script);
    t.true(lines.at(-1)?.startsWith('rq: '), script);
    t.false(/\n\s+at /.test(result.stderr), script);
    if (!script.includes(';')) t.is(lines.length, 1, `${script}: ${result.stderr}`);
  }
  // One of the lines holds a good command before the bad one.
  t.is(await shell.out('rq q list -o ids | wc -l'), '2\n');
  t.is(await shell.out('ls q/stdin q/data | grep -c . || true'), '2\n');
});

test('rq without words shows its usage on stderr', async (t) => {
  const shell = await shellWithQueue(t);
  const { status, stdout, stderr } = await shell.sh('rq');
  t.is(status, 2);
  t.is(stdout, '');
  t.regex(stderr, /^usage: rq QUEUE MODE/);
});

test('a reader who leaves early is no error', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('seq 3000 | sed "s/^/echo /" | rq q submit -q -');
  for (const format of ['yaml', 'json', 'jsonl', 'csv', 'table', 'ids']) {
    const { status, stderr } = await shell.sh(
      `set -o pipefail; rq q list -o ${format} | head -1 > /dev/null`,
    );
    t.is(status, 0, format);
    t.is(stderr, '', format);
  }
});

test('a full disk under stdout is told', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q true');
  const { status, stderr } = await shell.sh('rq q list > /dev/full');
  t.is(status, 1);
  t.is(stderr, 'rq: no space left (disk or quota)\n');
});

test('a command of a mebibyte is stored whole', async (t) => {
  const shell = await shellWithQueue(t);
  const command = `echo ${'x'.repeat(1 << 20)}`;
  writeFileSync(join(shell.host.base, 'jobs'), `${command}\n`);
  await shell.out('rq q submit -q -i jobs');
  t.is(await shell.out('rq q list -o csv -f command | tail -1'), `${command}\n`);
});

test('errors go to the log, too', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.sh('rq q delete 99 -l=~/rq.log; rq q list -o xml --log ~/rq.log');
  const log = await shell.out('cat ~/rq.log');
  t.regex(log, /^rq: no job 99\n(.*\n)*rq: --output: expected/);
});

test('a writer that gives up names the holder and ends with 75', async (t) => {
  const shell = await shellWithQueue(t);
  const { host } = shell;
  await shell.out('ln -s q "q it\'s"');
  const lease = await host.open().acquireLease();
  const { status, stderr } = await shell.sh('rq q submit --wait 0.3 true');
  await lease.release();
  t.is(status, 75);
  t.regex(stderr, new RegExp(`^rq: .*pid ${process.pid}.*\\n$`));
  t.is(await shell.out('rq q list'), '--- []\n');
});

test('a writer that waits for long says for whom, and goes on when it may', async (t) => {
  const shell = await shellWithQueue(t);
  const { host } = shell;
  await shell.out('ln -s q "q it\'s"');
  const lease = await host.open().acquireLease();
  const waiting = host.go(['submit', '-o', 'ids', 'true']);
  let said = '';
  waiting.child.stderr?.on('data', (text: string) => (said += text));
  await until('the waiter says for whom', () => said.includes('\n'));
  await lease.release();
  const { status, stdout } = await waiting.ended;
  t.regex(
    said,
    new RegExp(
      `^rq: waiting for \\S+ pid ${process.pid}, which has held the queue for \\d+\\.\\d s\\n$`,
    ),
  );
  t.is(status, 0);
  t.is(stdout, '1\n');
});

test('an interrupted waiter ends with 130 and has changed nothing', async (t) => {
  const shell = await shellWithQueue(t);
  const { host } = shell;
  await shell.out('ln -s q "q it\'s"');
  const lease = await host.open().acquireLease();
  const waiting = host.go(['submit', 'true']);
  let said = '';
  waiting.child.stderr?.on('data', (text: string) => (said += text));
  await until('it waits', () => said.includes('waiting for'));
  waiting.child.kill('SIGINT');
  const { status, stderr } = await waiting.ended;
  await lease.release();
  t.is(status, 130);
  t.regex(stderr, /interrupted/);
  t.is(await shell.out('rq q list'), '--- []\n');
});
