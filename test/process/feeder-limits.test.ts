import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { holdJobs } from '../../src/queue/hold.js';
import { readNodes } from '../../src/queue/nodes.js';
import { submit } from '../queue/make-queue.js';
import { Host, until } from './host.js';

test('feed --until-empty ends when nothing is left that could run here', async (t) => {
  const host = new Host(t);
  await submit(host.queue, {}, { command: 'exit 3' }, { hosts: ['elsewhere'] }, {});
  await holdJobs(host.queue, { kind: 'jids', ranges: [[4, 4]] });
  const { status, stderr } = await host.rq(['feed', '--until-empty', '--max-feed=2']);
  t.is(status, 0, stderr);
  const states = [1, 2, 3, 4].map((jid) => host.job(jid).state);
  t.deepEqual(states, ['finished', 'finished', 'pending', 'holding']);
  t.is(host.queue.read(readNodes)[0]?.state, 'stopped');
  await host.nothingLeft();
});

test('feed --loops takes jobs so many times and lets them end', async (t) => {
  const host = new Host(t);
  await submit(host.queue, {}, {}, {}, {});
  const { status, stderr } = await host.rq(['feed', '--loops=2', '--max-feed=1']);
  t.is(status, 0, stderr);
  const states = [1, 2, 3, 4].map((jid) => host.job(jid).state);
  t.deepEqual(states, ['finished', 'finished', 'pending', 'pending']);
  await host.nothingLeft();
});

test('start --max-feed changes the number of slots of a feeder that runs', async (t) => {
  const host = new Host(t);
  const gate = join(host.base, 'gate');
  const command = `echo up; until [ -e '${gate}' ]; do sleep 0.05; done`;
  const jobs = [1, 2, 3, 4, 5, 6];
  const up = (): number => jobs.filter((jid) => host.output(jid) === 'up\n').length;
  host.create();
  const started = await host.rq(['start', '--max-feed=1']);
  t.is(started.status, 0, started.stderr);
  await submit(host.queue, ...jobs.map(() => ({ command })));
  await until('one job runs', () => up() === 1);
  t.is((await host.rq(['start', '--max-feed=3'])).status, 0);
  await until('three jobs run', () => up() === 3);
  t.is((await host.rq(['start', '--max-feed=0'])).status, 0);
  t.false(existsSync(gate));
  writeFileSync(gate, '');
  await Promise.all([1, 2, 3].map((jid) => host.inState(jid, 'finished')));
  // A later look of the feeder still takes nothing: its slots are told with every claim.
  await submit(host.queue, {});
  t.is(up(), 3);
  t.is((await host.rq(['start', '--max-feed=2'])).status, 0);
  await Promise.all([...jobs, 7].map((jid) => host.inState(jid, 'finished')));
});
