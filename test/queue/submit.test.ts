import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { RqError } from '../../src/domain/error.js';
import { finishUploads } from '../../src/queue/inputs.js';
import { readJob, readJobs } from '../../src/queue/select.js';
import { submitJobs } from '../../src/queue/submit.js';
import { claim, makeNode, makeQueue, newJob, rows, submit } from './make-queue.js';

test('stores jobs with consecutive jids and gives them back as a later read does', async (t) => {
  const queue = makeQueue(t);
  const jobs = await submit(
    queue,
    { command: 'echo "a\n\tb" # é', priority: -3, tag: 'x', restartable: true },
    { command: 'ls -l', argv: ['ls', '-l'], env: { A: '1' }, hosts: ['n1', 'n*'], staged: true },
  );
  t.deepEqual(
    jobs.map(({ jid, state }) => [jid, state]),
    [
      [1, 'pending'],
      [2, 'holding'],
    ],
  );
  t.deepEqual([...readJobs(queue, { kind: 'all' })], jobs);
  t.deepEqual(readJob(queue, 2), jobs[1]);
  t.is(readJob(queue, 3), null);
});

test('one submit is one event over its range of jids', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {}, {}, {});
  await submit(queue, {});
  t.deepEqual(rows(queue, 'select operation, jid, jid_last as last from events'), [
    { operation: 'submit', jid: 1, last: 3 },
    { operation: 'submit', jid: 4, last: 4 },
  ]);
});

test('jobs of the same user, hosts and lane share a class, in whatever order the hosts are named', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, { hosts: ['a', 'b'] }, { hosts: ['b', 'a', 'b'] }, {}, {}, { lane: 'gpu' });
  t.is(rows(queue, 'select * from classes').length, 3);
  t.deepEqual(rows(queue, 'select count(distinct class) as n from jobs where jid <= 2'), [
    { n: 1 },
  ]);
});

test('a job that the schema refuses leaves nothing of its neighbours, and the jids free', async (t) => {
  const queue = makeQueue(t);
  await t.throwsAsync(submit(queue, {}, { command: '' }), { any: true });
  t.deepEqual(rows(queue, 'select * from jobs'), []);
  t.is((await submit(queue, {}))[0]?.jid, 1);
});

test('ten thousand jobs are one transaction', async (t) => {
  const queue = makeQueue(t);
  const jobs = await submitJobs(
    queue,
    Array.from({ length: 10_000 }, (_, n) => newJob({ command: `echo ${n}` })),
  );
  t.is(jobs.length, 10_000);
  t.deepEqual(rows(queue, `select operation from commits where operation = 'submit'`).length, 1);
  t.deepEqual(rows(queue, `select n from counters where kind = 'state' and key = 'pending'`), [
    { n: 10_000 },
  ]);
});

test('a stdin file is copied once a job, under the name of its jid', async (t) => {
  const queue = makeQueue(t);
  const stdinFile = join(queue.directory, '..', 'in');
  writeFileSync(stdinFile, Buffer.from([0, 255, 10, 0]));
  const jobs = await submit(queue, { stdinFile }, { stdinFile }, {});
  t.deepEqual(
    jobs.map(({ stdin }) => stdin),
    ['stdin/1', 'stdin/2', null],
  );
  t.deepEqual(readdirSync(queue.paths.stdin).toSorted(), ['1', '2']);
  const [one, two] = ['1', '2'].map((name) => statSync(join(queue.paths.stdin, name)));
  t.not(one?.ino, two?.ino);
  t.is((one?.mode ?? 0) & 0o777, 0o600);
  t.deepEqual(readFileSync(join(queue.paths.stdin, '2')), Buffer.from([0, 255, 10, 0]));
});

test('stdin may come from a pipe', async (t) => {
  const queue = makeQueue(t);
  const stdinFile = join(queue.directory, '..', 'pipe');
  execFileSync('mkfifo', [stdinFile]);
  execFileSync('sh', ['-c', 'printf "from a pipe" > "$1" &', 'sh', stdinFile], { stdio: 'ignore' });
  await submit(queue, { stdinFile });
  t.is(readFileSync(join(queue.paths.stdin, '1'), 'utf8'), 'from a pipe');
});

test('a data directory is copied with its links as links and its programs as programs', async (t) => {
  const queue = makeQueue(t);
  const dataPath = join(queue.directory, '..', 'data');
  mkdirSync(join(dataPath, 'sub'), { recursive: true });
  writeFileSync(join(dataPath, 'sub', 'program'), '#!/bin/sh\n');
  chmodSync(join(dataPath, 'sub', 'program'), 0o755);
  symlinkSync('/etc', join(dataPath, 'outside'));
  const [job] = await submit(queue, { dataPath });
  t.is(job?.data, 'data/1');
  const copy = join(queue.paths.data, '1');
  t.is(readlinkSync(join(copy, 'outside')), '/etc');
  t.true(lstatSync(join(copy, 'outside')).isSymbolicLink());
  t.is(statSync(join(copy, 'sub', 'program')).mode & 0o777, 0o700);
  t.is(statSync(copy).mode & 0o777, 0o700);
});

test('in a shared queue the group may write what is uploaded', async (t) => {
  const queue = makeQueue(t, { group: true });
  const dataPath = join(queue.directory, '..', 'data');
  mkdirSync(dataPath);
  writeFileSync(join(dataPath, 'file'), '');
  await submit(queue, { dataPath, stdinFile: join(dataPath, 'file') });
  t.is(statSync(join(queue.paths.stdin, '1')).mode & 0o777, 0o660);
  t.is(statSync(join(queue.paths.data, '1')).mode & 0o7777, 0o2770);
  t.is(statSync(join(queue.paths.data, '1', 'file')).mode & 0o777, 0o660);
});

test('inputs that cannot be read are named, and nothing is left of the others', async (t) => {
  const queue = makeQueue(t);
  const good = join(queue.directory, '..', 'good');
  writeFileSync(good, 'x');
  const missing = join(queue.directory, '..', 'missing');
  const error = await t.throwsAsync(submit(queue, { stdinFile: good }, { stdinFile: missing }), {
    instanceOf: RqError,
  });
  t.is(error.code, 'bad-document');
  t.regex(error.message, /stdin: cannot read .*missing/);
  const all = join(queue.directory, '..');
  await t.throwsAsync(submit(queue, { dataPath: all }), { message: /holds the queue itself/ });
  await t.throwsAsync(submit(queue, { stdinFile: all }), { message: /is a directory/ });
  t.deepEqual(readdirSync(queue.paths.stdin), []);
  t.deepEqual(readdirSync(queue.paths.data), []);
});

test('the uploads of a transaction that fails are removed', async (t) => {
  const queue = makeQueue(t);
  const stdinFile = join(queue.directory, '..', 'in');
  writeFileSync(stdinFile, 'x');
  await t.throwsAsync(submit(queue, { stdinFile, command: '' }), { any: true });
  t.deepEqual(readdirSync(queue.paths.stdin), []);
});

test('an error after the commit costs no job its input', async (t) => {
  const queue = makeQueue(t);
  const stdinFile = join(queue.directory, '..', 'in');
  writeFileSync(stdinFile, 'x');
  const write = queue.write.bind(queue);
  // The commit is made and nobody knows; its steps, the renaming among them, never run.
  queue.write = async (operation, work) => {
    await write(operation, (tx) => work({ ...tx, afterCommit: () => undefined }));
    throw new RqError('outcome-unknown', 'lost contact');
  };
  await t.throwsAsync(submit(queue, { stdinFile }), { message: 'lost contact' });
  queue.write = write;
  const [claimed] = await claim(queue, await makeNode(queue), 1);
  t.deepEqual(readdirSync(queue.paths.stdin), [claimed?.upload]);
  t.deepEqual(finishUploads(queue, claimed === undefined ? [] : [claimed]), []);
  t.is(readFileSync(join(queue.paths.stdin, '1'), 'utf8'), 'x');
});

test('renaming uploads may be repeated, also after somebody else did it', async (t) => {
  const queue = makeQueue(t);
  const uploaded = { jid: 7, stdin: 'stdin/7', data: null, upload: 'u.0123456789abcdef' };
  writeFileSync(join(queue.paths.stdin, 'u.0123456789abcdef'), 'x');
  t.deepEqual(finishUploads(queue, [uploaded]), []);
  t.deepEqual(finishUploads(queue, [uploaded]), []);
  t.true(existsSync(join(queue.paths.stdin, '7')));
  t.deepEqual(finishUploads(queue, [{ ...uploaded, jid: 8 }]), [8]);
});

test('one file as data lies in the data directory under its own name', async (t) => {
  const queue = makeQueue(t);
  const dataPath = join(queue.directory, '..', 'table.csv');
  writeFileSync(dataPath, 'a,b');
  const [job] = await submit(queue, { dataPath });
  t.is(job?.data, 'data/1');
  t.is(readFileSync(join(queue.paths.data, '1', 'table.csv'), 'utf8'), 'a,b');
});
