import { readFileSync } from 'node:fs';
import test from 'ava';
import { shellWithQueue } from './cli-shell.js';

test('a range means the jids that exist; a jid named alone must exist', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('seq 9 | sed "s/^/echo /" | rq q submit -q -');
  await shell.out('rq q delete -q 4');
  t.is(await shell.out('rq q delete -o ids 3-5'), '3\n5\n');
  const missing = await shell.sh('rq q delete -o ids 5,6,7');
  t.deepEqual(missing, { status: 1, stdout: '6\n7\n', stderr: 'rq: no job 5\n' });
  const none = await shell.sh('rq q delete 3-5');
  t.deepEqual(none, { status: 3, stdout: '', stderr: 'rq: no job 3-5\n' });
  const waiting = await shell.sh('rq q wait --timeout=0 1-3');
  t.is(waiting.status, 124);
  t.is(waiting.stderr, 'rq: 2 jobs not over after 0 s\n');
  t.is((await shell.sh('rq q wait 1,2,3')).stderr, 'rq: no job 3\n');
});

test('a change that leaves a job alone ends with 1 though the others were done', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q true; rq q submit -q --stage true');
  const { status, stdout, stderr } = await shell.sh('rq q hold -o ids 1-2');
  t.is(status, 1);
  t.is(stdout, '1\n');
  t.is(stderr, 'rq: job 2 is holding\n');
});

test('a dry run of resubmit shows who would submit', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q submit -q --stage true');
  const { stdout } = await shell.sh('rq q resubmit --dry-run -o json -f submitter 1');
  const listed = await shell.out('rq q list -o json -f submitter 1');
  t.deepEqual(JSON.parse(stdout), JSON.parse(listed));
});

test('quiet does not silence the log of a feeder', async (t) => {
  const shell = await shellWithQueue(t);
  await shell.out('rq q feed --until-empty -q --log F');
  t.regex(readFileSync(`${shell.host.base}/F`, 'utf8'), /feeder\.started/);
});
