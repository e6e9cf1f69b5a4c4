import test from 'ava';
import { JOB_FIELDS } from '../../src/domain/job.js';
import { parseSelection, type JobQuery } from '../../src/domain/selection.js';
import { countJobs, readJobs } from '../../src/queue/select.js';
import { submitJobs } from '../../src/queue/submit.js';
import { whereOf } from '../../src/queue/where.js';
import type { Queue } from '../../src/queue/queue.js';
import { claim, finish, makeNode, makeQueue, newJob, submit } from './make-queue.js';

function jids(queue: Queue, query: JobQuery, options = {}): number[] {
  return [...readJobs(queue, query, options)].map(({ jid }) => jid);
}

function planOf(queue: Queue, query: JobQuery): string {
  const { sql, params } = whereOf(query);
  return queue.read((db) =>
    db
      .prepare<[object], { detail: string }>(
        `explain query plan select * from jobs where (${sql}) and jid > :after order by jid limit :limit`,
      )
      .all({ ...params, after: 0, limit: 10 })
      .map(({ detail }) => detail)
      .join('\n'),
  );
}

test('each kind of selection finds its jobs, by jid', async (t) => {
  const queue = makeQueue(t);
  await finish(queue, 0, 3);
  await submit(
    queue,
    { tag: 'x', priority: 5, command: 'echo 100%' },
    { tag: "y'; drop table jobs; --", staged: true },
    { hosts: ['node1'], restartable: true },
  );
  const selected = (...words: string[]): number[] => jids(queue, parseSelection(words));
  t.deepEqual(jids(queue, { kind: 'all' }), [1, 2, 3, 4, 5]);
  t.deepEqual(jids(queue, { kind: 'none' }), []);
  t.deepEqual(selected('5', '1-2', '99'), [1, 2, 5]);
  t.deepEqual(selected('last'), [5]);
  t.deepEqual(selected('last3'), [3, 4, 5]);
  t.deepEqual(selected('p'), [3, 5]);
  t.deepEqual(selected('f', 'h'), [1, 2, 4]);
  t.deepEqual(selected('f', 'last', '3'), [1, 2, 3, 5]);
  t.deepEqual(selected('tag=x'), [3]);
  t.deepEqual(selected("tag=y'; drop table jobs; --"), [4]);
  t.deepEqual(selected('tag!=x'), [1, 2, 4, 5]);
  t.deepEqual(selected('tag=null'), [1, 2, 5]);
  t.deepEqual(selected('tag!=null'), [3, 4]);
  t.deepEqual(selected('exit_status!=0', 'f'), [2]);
  t.deepEqual(selected('exit_status>0'), [2]);
  t.deepEqual(selected('priority>=5'), [3]);
  t.deepEqual(selected('restartable=true'), [5]);
  t.deepEqual(selected('command=~echo*'), [3]);
  t.deepEqual(selected('command!~echo*'), [1, 2, 4, 5]);
  t.deepEqual(selected('tag!~x'), [1, 2, 4, 5]);
  t.deepEqual(selected('hosts=~NODE1'), [5]);
});

test('selections of jids, one state or a tag never look at every job', (t) => {
  const queue = makeQueue(t);
  const ranges: [number, number][] = [
    [1, 1],
    [5, 9],
    [20, 20],
  ];
  t.regex(
    planOf(queue, { kind: 'jids', ranges: [[3, 3]] }),
    /SEARCH jobs USING INTEGER PRIMARY KEY/,
  );
  t.notRegex(planOf(queue, { kind: 'jids', ranges }), /SCAN jobs/);
  t.regex(planOf(queue, { kind: 'states', states: ['running'] }), /jobs_by_state/);
  t.notRegex(planOf(queue, { kind: 'states', states: ['running'] }), /TEMP B-TREE/);
  t.regex(planOf(queue, parseSelection(['tag=x'])), /jobs_by_tag/);
  t.notRegex(planOf(queue, parseSelection(['tag=x'])), /TEMP B-TREE/);
});

test('many ranges of jids are no problem, wide or narrow', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, ...Array.from({ length: 12 }, () => ({})));
  const narrow = Array.from({ length: 5_000 }, (_, n): [number, number] => [3 * n + 1, 3 * n + 2]);
  t.deepEqual(jids(queue, { kind: 'jids', ranges: narrow }), [1, 2, 4, 5, 7, 8, 10, 11]);
  const wide = Array.from({ length: 300 }, (_, n): [number, number] => [
    1e6 * n + 2,
    1e6 * n + 1e5,
  ]);
  t.deepEqual(jids(queue, { kind: 'jids', ranges: wide }), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('pages join without a gap, limits and several states included', async (t) => {
  const queue = makeQueue(t);
  const jobs = Array.from({ length: 12_000 }, (_, n) => newJob({ staged: n % 3 === 0 }));
  await submitJobs(queue, jobs);
  const all = Array.from({ length: 12_000 }, (_, n) => n + 1);
  t.deepEqual(jids(queue, { kind: 'all' }), all);
  t.deepEqual(jids(queue, { kind: 'all' }, { limit: 5_001 }), all.slice(0, 5_001));
  t.deepEqual(jids(queue, { kind: 'states', states: ['pending', 'holding'] }), all);
  const holding = all.filter((jid) => jid % 3 === 1);
  t.deepEqual(jids(queue, { kind: 'states', states: ['holding'] }), holding);
  t.is(countJobs(queue, { kind: 'all' }), 12_000);
  t.is(countJobs(queue, { kind: 'states', states: ['holding', 'dead'] }), 4_000);
  t.is(countJobs(queue, { kind: 'jids', ranges: [[11_999, 20_000]] }), 2);
});

test('no lock is held between two pages, and last means what it meant at the start', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, {}, {}, {});
  const reading = readJobs(queue, { kind: 'last', count: 2 });
  t.is(reading.next().value?.jid, 2);
  await submit(queue, {});
  t.is(reading.next().value?.jid, 3);
  t.true(reading.next().done);
});

test('sorts by any field, nulls last, equals by jid', async (t) => {
  const queue = makeQueue(t);
  await submit(queue, { tag: 'b' }, {}, { tag: 'a', priority: 1 }, { tag: 'b', priority: 2 });
  const by = (...sort: object[]): number[] => jids(queue, { kind: 'all' }, { sort });
  t.deepEqual(by({ field: 'tag' }), [3, 1, 4, 2]);
  t.deepEqual(by({ field: 'tag', descending: true }), [1, 4, 3, 2]);
  t.deepEqual(by({ field: 'tag' }, { field: 'priority', descending: true }), [3, 4, 1, 2]);
  t.deepEqual(by({ field: 'jid', descending: true }), [4, 3, 2, 1]);
  t.deepEqual(
    jids(queue, { kind: 'all' }, { sort: [{ field: 'priority', descending: true }], limit: 2 }),
    [4, 3],
  );
  for (const field of JOB_FIELDS) t.is(by({ field }).length, 4, field);
});

test('a running job shows where it runs', async (t) => {
  const queue = makeQueue(t);
  const node = await makeNode(queue);
  await submit(queue, {});
  await claim(queue, node, 1);
  const [job] = [...readJobs(queue, { kind: 'states', states: ['running'] })];
  t.like(job, { runner: 'n1.example.org', node: 'n1', attempt: 1, stdout: 'stdout/1' });
});
