import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Shell, shellWithQueue } from './cli-shell.js';

test('create prints where things are and refuses a second time', async (t) => {
  const shell = new Shell(t);
  const { base } = shell.host;
  const made = await shell.out(`rq 'a b'\\''c/q' create`);
  t.true(made.startsWith(`---\nq: `));
  t.true(made.includes(join(base, "a b'c/q/stdout")));
  const again = await shell.sh(`rq 'a b'\\''c/q' create`);
  t.is(again.status, 1);
  t.regex(again.stderr, /^rq: .* exists already\n$/);
});

test('submit prints the stored job, list shows it again', async (t) => {
  const shell = await shellWithQueue(t);
  const submitted = await shell.out("rq q submit -p -5 -t important 'echo a | cat'");
  t.is(submitted.split('\n')[0], '---');
  t.regex(submitted, /^- jid: 1\n {2}priority: -5\n {2}state: pending\n {2}submitted: "20/m);
  t.regex(submitted, /^ {2}command: echo a \| cat$/m);
  t.is(await shell.out('rq q list'), submitted);
  t.is(await shell.out('rq q submit -q true'), '');
  t.is(await shell.out('rq q list -o ids'), '1\n2\n');
});

test('several words are an exact argument list, and its options are its own', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out("rq q submit -q -p 3 ls -l -p 'a b' --help -- -");
  const [job] = JSON.parse(await shell.out('rq q list -o json'));
  t.deepEqual(job.argv, ['ls', '-l', '-p', 'a b', '--help', '--', '-']);
  t.is(job.command, "ls -l -p 'a b' --help -- -");
  t.is(job.priority, 3);
});

test('options reach the job', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out(
    "A=1 rq q submit -q --runner='n1,n[2-4]' --restartable --stage --cwd=sub --env A --env B='2 3' --lane big --shell sh true",
  );
  const [job] = JSON.parse(await shell.out('rq q list -o json'));
  t.is(job.state, 'holding');
  t.deepEqual(job.hosts, ['n1', 'n[2-4]']);
  t.true(job.restartable);
  t.is(job.cwd, join(shell.host.base, 'sub'));
  t.deepEqual(job.env, { A: '1', B: '2 3' });
  t.is(job.lane, 'big');
  t.is(job.shell, 'sh');
});

test('a list of commands comes from a file, a dash or a bare pipe', async (t) => {
  const shell = await shellWithQueue(t);
  writeFileSync(join(shell.host.base, 'jobs'), '# first\n\necho 1\n  echo "2 # not a comment"\n');
  await shell.out('rq q submit -q -i jobs -t file');
  await shell.out('rq q submit -q - -t dash < jobs');
  await shell.out('cat jobs | rq q submit -q -t pipe');
  const jobs = JSON.parse(await shell.out('rq q list -o json -f tag,command'));
  t.deepEqual(
    jobs.map((job: { tag: string; command: string }) => `${job.tag} ${job.command}`),
    ['file', 'dash', 'pipe'].flatMap((tag) => [`${tag} echo 1`, `${tag} echo "2 # not a comment"`]),
  );
});

test('what list prints, submit takes, and options go over it', async (t) => {
  const shell = await shellWithQueue(t);
  const command = `printf '%s\n' "it's: #1" - 'ä\t' '*&!@[{'`;
  writeFileSync(
    join(shell.host.base, 'job.json'),
    JSON.stringify({ command, tag: '5', priority: 2 }),
  );
  await shell.out('rq q submit -q - < job.json');
  for (const format of ['yaml', 'json', 'jsonl']) {
    await shell.out(`rq q list 1 -o ${format} | rq q submit -q -p 7 -`);
  }
  const jobs = JSON.parse(await shell.out('rq q list -o json -f tag,command,priority'));
  t.is(jobs.length, 4);
  t.deepEqual(jobs[0], { priority: 2, tag: '5', command });
  for (const job of jobs.slice(1)) t.deepEqual(job, { priority: 7, tag: '5', command });
});

test('standard input of a job comes from a file or a pipe', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out("printf 'a\\0b' | rq q submit -q --stdin cat");
  await shell.out('echo file > in; rq q submit -q --stdin=in cat; rm in');
  t.is(await shell.out('rq q stdin 1'), 'a\0b');
  t.is(await shell.out('rq q 0 2'), 'file\n');
  t.is(await shell.out('rq q stdin4 1'), `${join(shell.host.base, 'q/stdin/1')}\n`);
  await shell.out('rq q list | rq q submit -q -');
  t.is(await shell.out('rq q stdin 1 | cmp - <(rq q stdin 3) && rq q stdin 4'), 'file\n');
  const twice = await shell.sh('echo x | rq q submit --stdin=- -');
  t.is(twice.status, 2);
  t.regex(twice.stderr, /both - and --stdin read standard input/);
});

test("another queue's stored input is not taken by its path", async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out(
    'rq other create -q; echo mine | rq q submit -q --stdin cat; echo other | rq other submit -q --stdin cat',
  );
  const refused = await shell.sh('rq q list | rq other submit -');
  t.is(refused.status, 2);
  t.regex(refused.stderr, /stdin\/1 belongs to a job of another queue/);
  t.is(await shell.out('rq other list -o ids'), '1\n');
});

test('a query feeds update, delete and resubmit', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('seq 6 | sed "s/^/echo /" | rq q submit -q -t x -; rq q submit -q other');
  t.is(
    await shell.out('rq q query tag=x "jid > 4" | rq q update priority=9 tag="two words" - -o ids'),
    '5\n6\n',
  );
  t.is(await shell.out('rq q query "priority > 3 and tag=\'two words\'" -o ids'), '5\n6\n');
  t.is(await shell.out('rq q query priority=9 | rq q delete - -o ids'), '5\n6\n');
  t.is(
    await shell.out('rq q list 1,3-4 -o ids | rq q hold - -f jid,state -o jsonl | head -1'),
    '{"jid":1,"state":"holding"}\n',
  );
  t.is(await shell.out('rq q list h | rq q resubmit - -p 4 -o ids'), '1\n3\n4\n');
  t.is(await shell.out('rq q list p -o ids --sort=-priority,-jid --limit=2'), '4\n3\n');
});

test('an empty pipe changes nothing and says so', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q true');
  for (const mode of [
    'update priority=9',
    'delete',
    'resubmit',
    'hold',
    'release',
    'retry',
    'submit',
  ]) {
    const { status, stdout, stderr } = await shell.sh(`rq q query tag=none | rq q ${mode} -`);
    t.is(status, 3, mode);
    t.is(stdout, '', mode);
    t.regex(stderr, /^rq: no job/, mode);
  }
  t.is(await shell.out('rq q query tag=none'), '--- []\n');
  t.is(await shell.out('rq q query tag=none -o json'), '[]\n');
  t.is(
    await shell.out('rq q list -o jsonl -f priority,state'),
    '{"priority":0,"state":"pending"}\n',
  );
});

test('update changes words with blanks and quotes, and only what has not started', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q true; rq q submit -q ls -l');
  t.is(
    await shell.out(
      `rq q update 1 priority=5 command="echo 'it''s' two" -f priority,command -o jsonl`,
    ),
    `{"priority":5,"command":"echo 'it''s' two"}\n`,
  );
  t.is(
    await shell.out('rq q update 2 command=pwd -o json -f argv,command | tr -d "\\n"'),
    '[{"command":"pwd","argv":null}]',
  );
  const missing = await shell.sh('rq q update 7 priority=5');
  t.is(missing.status, 3);
  t.is(missing.stderr, 'rq: no job 7\n');
});

test('dry-run says what would change and changes nothing', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q true');
  for (const mode of ['delete 1', 'update 1 priority=3', 'hold 1', 'submit -t x ls -l']) {
    const { status, stderr } = await shell.sh(`rq q ${mode.replace(' ', ' --dry-run ')}`);
    t.is(status, 0, mode);
    t.regex(stderr, /nothing was changed/, mode);
  }
  const planned = await shell.sh(
    'rq q submit --dry-run -t x ls -l 2>/dev/null | rq q submit -o ids -',
  );
  t.is(planned.stdout, '2\n');
  t.is(
    await shell.out('rq q list -o csv -f jid,priority,state'),
    'jid,priority,state\n1,0,pending\n2,0,pending\n',
  );
});

test('the queue is found through RQ_Q and through .rq upward', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q true');
  t.is(await shell.out('RQ_Q=$PWD/q rq list -o ids'), '1\n');
  t.is(await shell.out('mkdir -p a/b; echo ../q > a/.rq; cd a/b; rq list -o ids'), '1\n');
  t.is(
    await shell.out(
      'rm a/.rq; rq ./.rq create -q; cd a/b; rq submit -q x; rq list -o ids; rq list -f com',
    ),
    '1\n---\n- command: x\n',
  );
  t.is(await shell.out("RQ_OPTS='-o ids' rq q list"), '1\n');
  t.is(
    await shell.out("RQ_OPTS='-o ids -p 5' rq q submit x; rq q list 2 -o csv -f pri"),
    '2\npriority\n5\n',
  );
});

test('status has its sections, in YAML and JSON', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q -t x true; rq q submit -q --stage true');
  const text = await shell.out('rq q status');
  t.deepEqual(
    text
      .split('\n')
      .filter((line) => /^\w/.test(line))
      .map((line) => line.replace(/:.*/, '')),
    ['jobs', 'temporal', 'performance', 'exit_status', 'exit_codes', 'nodes', 'tags', 'lease'],
  );
  const status = JSON.parse(await shell.out("rq q status -o json --exit 'full=28 odd=1,3'"));
  t.is(status.jobs.pending, 1);
  t.is(status.jobs.holding, 1);
  t.is(status.jobs.total, 2);
  t.deepEqual(status.exit_status, { successes: 0, failures: 0, full: 0, odd: 0 });
  t.deepEqual(status.tags, { x: { pending: 1 } });
  t.is(status.lease, null);
});

test('input that rq does not read stays for others who share it', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out(
    'seq 3 | while read n; do rq q submit -q "echo $n"; rq q list -o ids > /dev/null; done',
  );
  t.is(await shell.out('rq q list -o ids'), '1\n2\n3\n');
});
