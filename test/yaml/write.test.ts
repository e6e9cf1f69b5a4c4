import test from 'ava';
import * as fc from 'fast-check';
import { load } from 'js-yaml';
import { JOB_FIELDS } from '../../src/domain/job.js';
import { isPlainText } from '../../src/yaml/scalar.js';
import {
  YAML_HEADER,
  YAML_NO_JOBS,
  formatDocument,
  formatJob,
  formatScalar,
} from '../../src/yaml/write.js';
import { NASTY_TEXTS, PLAIN_COMMANDS, sampleJob } from './corpus.js';

import { loadWithPython, loadWithRuby } from './loaders.js';

const corpus = (): { yaml: string; value: unknown } => {
  const jobs = NASTY_TEXTS.map((text, index) =>
    sampleJob({
      jid: index + 1,
      command: text,
      tag: text,
      argv: [text, 'b'],
      env: { A: text, B: '' },
      hosts: [text],
    }),
  );
  return { yaml: YAML_HEADER + jobs.map((job) => formatJob(job)).join(''), value: jobs };
};

test('a job has the shape that Ruby Queue users know, one line a field', (t) => {
  t.is(
    formatJob(sampleJob()),
    [
      '- jid: 7',
      '  priority: -3',
      '  state: finished',
      '  submitted: "2026-11-21T20:31:02.114Z"',
      '  started: "2026-11-21T20:31:03.000Z"',
      '  finished: "2026-11-21T20:31:06.490Z"',
      '  elapsed: 3.49',
      '  submitter: alder',
      '  runner: birch',
      '  stdin:',
      '  stdout: stdout/7',
      '  stderr: stderr/7',
      '  data:',
      '  pid: 7745',
      '  exit_status: 0',
      '  tag: tiles',
      '  restartable: false',
      '  command: sleep 5',
      '  signal:',
      '  attempt: 1',
      '  reason:',
      '  user: ara',
      '  cwd: /home/ara/my work',
      '  argv: ["sleep", "5"]',
      '  shell:',
      '  env: {"LANG": "C", "A": "b: c"}',
      '  hosts: ["birch", "cedar*"]',
      '  node: birch',
      '  cpu: 0.01',
      '  max_rss: 3260',
      '  lane: main',
      '',
    ].join('\n'),
  );
});

test('chosen fields are written in the order given, the first with the dash', (t) => {
  t.is(formatJob(sampleJob(), ['tag', 'jid']), '- tag: tiles\n  jid: 7\n');
  t.is(formatJob(sampleJob(), ['reason']), '- reason:\n');
  t.deepEqual(load(YAML_HEADER + formatJob(sampleJob(), ['reason'])), [{ reason: null }]);
});

test('no jobs are an empty list to every loader', (t) => {
  for (const loader of [load, loadWithPython, loadWithRuby]) t.deepEqual(loader(YAML_NO_JOBS), []);
});

test('the corpus is worth its name and every field keeps to its line', (t) => {
  t.true(NASTY_TEXTS.length >= 80);
  t.is(new Set(NASTY_TEXTS).size, NASTY_TEXTS.length);
  for (const text of NASTY_TEXTS) {
    t.is(
      formatJob(sampleJob({ command: text, tag: text })).split(/\r\n|[\n\r\u0085\u2028\u2029]/)
        .length,
      JOB_FIELDS.length + 1,
      text,
    );
  }
});

test('js-yaml loads the corpus as it was written', (t) => {
  const { yaml, value } = corpus();
  t.deepEqual(load(yaml), value);
});

test('PyYAML loads the corpus as it was written', (t) => {
  const { yaml, value } = corpus();
  t.deepEqual(loadWithPython(yaml), value);
});

test('Psych loads the corpus as it was written', (t) => {
  const { yaml, value } = corpus();
  t.deepEqual(loadWithRuby(yaml), value);
});

test('any text survives in any place, to all three loaders', (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom(
        ...Array.from(' :#-.0123456789eExXoO+_,tTzZ~ynfalsetru\'"[]{}&*!|>%@`\n\t\\?=<'),
      ),
      maxLength: 8,
    }),
  );
  const all: unknown[] = [];
  fc.assert(
    fc.property(text, (value) => {
      all.push(value);
      const expected = {
        key: value,
        list: [value, [value]],
        deep: { deeper: { one: { key: value } } },
      };
      const yaml = formatDocument(expected);
      t.deepEqual(load(yaml), expected);
      t.is(load(formatScalar(value)), value);
      const job = sampleJob({ command: value, argv: [value], env: { [value]: value } });
      t.deepEqual(load(formatJob(job)), [job]);
    }),
    { numRuns: 1000 },
  );
  // The other two see all of the values at once: a process for each would take minutes.
  const document = formatDocument(all);
  t.deepEqual(loadWithPython(document), all);
  t.deepEqual(loadWithRuby(document), all);
});

test('half a surrogate pair becomes the replacement character instead of an error', (t) => {
  for (const [text, expected] of [
    ['\ud800', '\ufffd'],
    ['a\udc00b', 'a\ufffdb'],
    ['\ud83d\ud83d\ude00', '\ufffd😀'],
    ['\\ud800', '\\ud800'],
    ['\\\ud800', '\\\ufffd'],
  ] as const) {
    t.is(load(formatScalar(text)), expected);
    t.deepEqual(loadWithRuby(formatDocument([text])), [expected]);
  }
});

test('what is safe stays plain, for egrep', (t) => {
  for (const text of PLAIN_COMMANDS) t.is(formatScalar(text), text);
  for (const text of [
    '00h00m03.49s',
    '100h00m03.49s',
    'café',
    'a:b',
    'a#b',
    '_1',
    'SIGKILL',
    'node10.lab',
  ]) {
    t.true(isPlainText(text), text);
  }
});

test('times are strings to YAML 1.1 loaders too', (t) => {
  t.is(formatScalar('2026-11-21T20:31:02.114Z'), '"2026-11-21T20:31:02.114Z"');
});

test('numbers are numbers to every loader', (t) => {
  const numbers = [
    0,
    -0,
    1,
    -1,
    3.49,
    0.1 + 0.2,
    1e21,
    -1.5e-9,
    1e-7,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_VALUE,
  ];
  const expected = numbers.map((number) => number + 0);
  const yaml = formatDocument(numbers);
  t.deepEqual(load(yaml), expected);
  t.deepEqual(loadWithPython(yaml), expected);
  t.deepEqual(loadWithRuby(yaml), expected);
  t.deepEqual(load(formatDocument([NaN, Infinity, -Infinity])), [NaN, Infinity, -Infinity]);
});

test('nasty texts may be keys, even longer than a loader takes on one line', (t) => {
  const map = Object.fromEntries(
    [...NASTY_TEXTS, 'k'.repeat(5000)].map((text, index) => [text, index]),
  );
  for (const value of [
    map,
    { deep: { deeper: map } },
    { deep: Object.keys(map).map((key) => ({ a: { b: { [key]: 1 } } })) },
  ]) {
    const yaml = formatDocument(value);
    t.deepEqual(load(yaml), value);
    t.deepEqual(loadWithPython(yaml), value);
    t.deepEqual(loadWithRuby(yaml), value);
  }
  const job = sampleJob({ env: map && { ['E'.repeat(3000)]: 'x' } });
  t.deepEqual(load(formatJob(job)), [job]);
});
