import test from 'ava';
import { load } from 'js-yaml';
import { formatDocument } from '../../src/yaml/write.js';
import { loadWithPython, loadWithRuby } from './loaders.js';

const STATUS = {
  jobs: { pending: 1, holding: 0, waiting: 0, running: 3, finished: 1, dead: 0, total: 5 },
  temporal: {
    pending: { min: { 5: '00h00m41.20s' }, max: { 5: '00h00m41.20s' } },
    finished: { min: { 7: '00h00m03.49s' }, max: { 12: '100h00m03.49s' } },
  },
  performance: { avg_time_per_job: null, n_jobs_in_last_hrs: { 1: 1, 12: 1, 24: 1 } },
  exit_codes: { 0: 9, SIGKILL: 1 },
  nodes: { 'birch.lab': { running: 1, slots: 4 } },
  tags: { 'a: b': { pending: 1 }, yes: { dead: 2 }, '007': {}, '': { finished: 1 } },
  list: ['a', ['b', []], { c: 1, d: [2] }, {}, null],
  lease: null,
};

test('a status report has blocks, and one-entry maps in one line where they are deep', (t) => {
  t.is(
    formatDocument({
      jobs: STATUS.jobs,
      temporal: STATUS.temporal,
      exit_codes: { 0: 9 },
      tags: { a: { dead: 1 } },
      lease: null,
    }),
    `---
jobs:
  pending: 1
  holding: 0
  waiting: 0
  running: 3
  finished: 1
  dead: 0
  total: 5
temporal:
  pending:
    min: {5: 00h00m41.20s}
    max: {5: 00h00m41.20s}
  finished:
    min: {7: 00h00m03.49s}
    max: {12: 100h00m03.49s}
exit_codes:
  0: 9
tags:
  a:
    dead: 1
lease:
`,
  );
  t.is(formatDocument([]), '--- []\n');
  t.is(formatDocument({}), '--- {}\n');
  t.is(formatDocument('a: b'), '--- "a: b"\n');
});

test('a status report loads equal in all three loaders', (t) => {
  const yaml = formatDocument(STATUS);
  t.deepEqual(load(yaml), STATUS);
  // JSON has only strings for keys, as JavaScript.
  t.deepEqual(loadWithPython(yaml), STATUS);
  t.deepEqual(loadWithRuby(yaml), STATUS);
});
