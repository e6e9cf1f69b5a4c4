import test from 'ava';
import { dump } from 'js-yaml';
import { YAML_HEADER, YAML_NO_JOBS, formatJob } from '../../src/yaml/write.js';
import { NASTY_TEXTS, sampleJob } from './corpus.js';
import { dumpWithPython, dumpWithRuby } from './loaders.js';
import { read, records } from './reading.js';

/**
 * What YAML 1.1, which PyYAML and Psych write, and 1.2, which js-yaml reads, do not agree about:
 * numbers since 1.2, line breaks until 1.1. No reader could know which of them wrote.
 */
const VERSIONS_DIFFER = /^(?:0o17|1e3|1E-3|-\.5)$|[\u0085\u2028\u2029]/;

const jobs = NASTY_TEXTS.map((text, index) =>
  sampleJob({ jid: index + 1, command: text, argv: [text], env: { A: text } }),
);
const listed = YAML_HEADER + jobs.map((job) => formatJob(job)).join('');

test('what the writer writes is read back equal, however the stream is cut', async (t) => {
  t.deepEqual(await records(listed), jobs);
  t.deepEqual(await records(listed, { size: 7 }), jobs);
  t.deepEqual(await records(listed.replaceAll('\n', '\r\n'), { size: 13 }), jobs);
  t.deepEqual(await records(`\ufeff${listed}`, { size: 1 }), jobs);
});

test('each record tells its line and its number', async (t) => {
  const found = await read(`# two jobs\n\n---\n- command: a\n  tag: x\n\n- command: b\n`);
  t.deepEqual(
    found.map(({ line, index }) => [line, index]),
    [
      [4, 1],
      [7, 2],
    ],
  );
  const lines = await read('\n# c\na\n\nb\n');
  t.deepEqual(
    lines.map(({ line, index }) => [line, index]),
    [
      [3, 1],
      [5, 2],
    ],
  );
  const objects = await read('[\n{"command": "a"},\n {\n"command": "b"} ]\n');
  t.deepEqual(
    objects.map(({ line, index }) => [line, index]),
    [
      [2, 1],
      [3, 2],
    ],
  );
});

test('YAML is read in every shape', async (t) => {
  const a = { command: 'a' };
  const b = { command: 'b' };
  for (const [text, expected] of [
    [YAML_NO_JOBS, []],
    ['---\n', []],
    ['---\n---\n...\n', []],
    ['--- null\n', []],
    ['- command: a\n- command: b', [a, b]],
    ['-\n  command: a\n-\n  command: b\n', [a, b]],
    ['  - command: a\n  - command: b\n', [a, b]],
    ['-   command: a\n-   command: b\n', [a, b]],
    ['- {command: a}\n- {command: b}\n', [a, b]],
    ['- {command: a,\n   tag: x}\n', [{ command: 'a', tag: 'x' }]],
    ['--- [{command: a}, {command: b}]\n', [a, b]],
    ['--- {command: a}\n', [a]],
    ['--- [\n{command: a}\n]\n', [a]],
    ['command: a\n', [a]],
    ['"command": a\n', [a]],
    ['command: a\n---\ncommand: b\n', [a, b]],
    ['---\n- command: a\n---\n- command: b\n...\n', [a, b]],
    ['%YAML 1.2\n---\n- command: a\n', [a]],
    ['# c\n---\n# c\n- command: a # c\n# c\n\n- command: b\n# end', [a, b]],
    ['- command: |\n    - a\n    - b\n- command: b\n', [{ command: '- a\n- b\n' }, b]],
    ['- command: >-\n    one\n    two\n', [{ command: 'one two' }]],
    ['- command: "one\n    - two"\n- command: b\n', [{ command: 'one - two' }, b]],
    ["- command: 'it''s'\n", [{ command: "it's" }]],
    ['- command: plain\n    going on\n', [{ command: 'plain going on' }]],
    [
      '- command: a\n  argv:\n  - x\n  - y\n- command: b\n',
      [{ command: 'a', argv: ['x', 'y'] }, b],
    ],
    ['- command: a\n  argv:\n    - x\n- command: b\n', [{ command: 'a', argv: ['x'] }, b]],
    ['- command: &c a\n  tag: *c\n', [{ command: 'a', tag: 'a' }]],
    ['- jid: 1\n  started:\n  restartable: true\n', [{ jid: 1, started: null, restartable: true }]],
    ['jid: 12\n', [{ jid: 12 }]],
    [' jid: 12\n jid: 13\n', [{ jid: 12 }, { jid: 13 }]],
  ] as const) {
    t.deepEqual(await records(text), [...expected], text);
    t.deepEqual(await records(text.replaceAll('\n', '\r\n')), [...expected], text);
  }
});

test('what js-yaml, PyYAML and Psych dump is read', async (t) => {
  const nested = [
    { command: 'a\nb', env: { A: '1' }, argv: ['x', '- y'] },
    { command: 'c: d', tag: null },
  ];
  for (const dumpWith of [dump, dumpWithPython, dumpWithRuby]) {
    t.deepEqual(await records(dumpWith(nested)), nested);
    const texts = jobs.filter((job) => !VERSIONS_DIFFER.test(job.command));
    t.deepEqual(await records(dumpWith(texts)), texts);
  }
});

test('JSON is read as an array, as an object, and one object after the other', async (t) => {
  const objects = [
    { command: 'a "{[" \\' },
    { command: 'b', env: { A: ']}' }, argv: ['[', '\\"'] },
    { command: '\u2028é😀' },
  ];
  for (const text of [
    JSON.stringify(objects),
    JSON.stringify(objects, null, 2),
    `[ ${objects.map((object) => JSON.stringify(object)).join(' ,\n')} ]`,
    objects.map((object) => JSON.stringify(object)).join('\n'),
    objects.map((object) => JSON.stringify(object, null, 1)).join('\n\n'),
    objects.map((object) => JSON.stringify(object)).join(' '),
    `\ufeff\n# a comment\n${JSON.stringify(objects)}\n`,
  ]) {
    t.deepEqual(await records(text), objects, text);
    t.deepEqual(await records(text, { size: 3 }), objects, text);
    t.deepEqual(await records(text.replaceAll('\n', '\r\n'), { size: 5 }), objects, text);
  }
  t.deepEqual(await records('[]\n'), []);
  t.deepEqual(await records('[\n]\n'), []);
  t.deepEqual(await records('{}'), [{}]);
});

test('lines are commands; blank lines and comments are skipped', async (t) => {
  const text = '\n# first\n  sleep 1  \n\t# second\n12\necho a: b # c\r\nls \\ \nend';
  t.deepEqual(
    await records(text),
    ['sleep 1', '12', 'echo a: b # c', 'ls \\ ', 'end'].map((command) => ({ command })),
  );
  t.deepEqual(await records(''), []);
  t.deepEqual(await records('\n \n# only a comment'), []);
});

test('literal keeps comment lines, also as the first', async (t) => {
  t.deepEqual(
    await records('# first\nsleep 1\n\n  #x\n', { literal: true }),
    ['# first', 'sleep 1', '#x'].map((command) => ({ command })),
  );
  t.deepEqual(await records('---\n- command: a\n', { literal: true }), [{ command: 'a' }]);
});

test('commands that begin like YAML or JSON are commands', async (t) => {
  for (const command of [
    '[ -f x ] && y',
    '[[ -f x ]] && y',
    '[ "$a" ]',
    '{ a; b; }',
    '{ "a b" c; }',
    '"my prog" a',
    'echo: a',
    'command -v x',
    'time sleep 1',
    'env A=b c',
    '--help',
    '-x',
    '---x',
    '(cd /; ls)',
    '!ls',
    '%1',
    '*',
  ]) {
    t.deepEqual(await records(`${command}\nsecond\n`), [{ command }, { command: 'second' }]);
  }
});

test('Ruby Queue lists are read, also where they are no YAML', async (t) => {
  const commands = [
    'echo a: b',
    '[ -f x ] && y',
    'echo a # b',
    '*x',
    '&x',
    '!x',
    '{ a; b; }',
    '"a b" c',
    '@x',
    'echo "x: y"',
    '- a',
    '> x',
    'a:',
    ': a',
    '/nfs/lab/bin/mosaic N45',
  ];
  const text = commands
    .map(
      (command, index) =>
        `-\n jid: ${index + 1}\n priority: -5\n submitted: 2009-03-02 10:15:07.412033\n started: \n restartable: false\n tag:\n command: ${command}\n`,
    )
    .join('');
  t.deepEqual(
    await records(`---\n${text}`),
    commands.map((command, index) => ({
      jid: index + 1,
      priority: -5,
      submitted: '2009-03-02 10:15:07.412033',
      started: null,
      restartable: false,
      tag: null,
      command,
    })),
  );
});
