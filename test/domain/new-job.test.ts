import test from 'ava';
import * as fc from 'fast-check';
import { RqError } from '../../src/domain/error.js';
import { NEW_JOB_DEFAULTS, type NewJobDefaults, parseNewJob } from '../../src/domain/new-job.js';
import { quoteShellWords } from '../../src/domain/shell-words.js';
import { sampleJob } from '../yaml/corpus.js';

const DEFAULTS: NewJobDefaults = {
  ...NEW_JOB_DEFAULTS,
  cwd: '/home/ara',
  baseDirectory: '/home/ara',
  queueDirectory: '/nfs/q',
};
const parse = (
  record: unknown,
  changes: Partial<NewJobDefaults> = {},
): ReturnType<typeof parseNewJob> =>
  parseNewJob(record, 'jobs.yml:7: job 3', { ...DEFAULTS, ...changes });

function refusal(t: { throws: (run: () => unknown) => unknown }, record: unknown): string {
  const error = t.throws(() => parse(record));
  return error instanceof RqError && error.code === 'bad-document' ? error.message : String(error);
}

test('a command alone makes a job of the defaults', (t) => {
  t.deepEqual(parse({ command: 'sleep 5' }), {
    command: 'sleep 5',
    argv: null,
    priority: 0,
    tag: null,
    restartable: false,
    staged: false,
    hosts: null,
    cwd: '/home/ara',
    shell: null,
    env: null,
    stdinFile: null,
    dataPath: null,
    lane: 'main',
  });
});

test('what a record says goes before the defaults, null and nothing do not', (t) => {
  const changes = {
    priority: 9,
    tag: 'd',
    restartable: true,
    staged: true,
    hosts: ['h'],
    env: { A: 'd' },
    lane: 'slow',
    shell: 'sh',
  };
  const given = {
    priority: -1,
    tag: 't',
    restartable: false,
    state: 'pending',
    hosts: ['a', 'b*'],
    env: {},
    lane: 'fast',
    shell: 'none',
  };
  const job = parse({ command: 'x', ...given }, changes);
  t.like(job, {
    priority: -1,
    tag: 't',
    restartable: false,
    staged: false,
    env: {},
    lane: 'fast',
    shell: 'none',
  });
  t.deepEqual(job.hosts, ['a', 'b*']);
  const nulls = Object.fromEntries(Object.keys(given).map((key) => [key, null]));
  t.deepEqual(parse({ command: 'x', ...nulls }, changes), parse({ command: 'x' }, changes));
});

test('a listed job is submitted again without what only its run decided', (t) => {
  const listed = sampleJob({ stdin: 'stdin/7', data: 'data/7', signal: 'SIGKILL', reason: 'lost' });
  t.deepEqual(parse(listed), {
    command: 'sleep 5',
    argv: ['sleep', '5'],
    priority: -3,
    tag: 'tiles',
    restartable: false,
    staged: false,
    hosts: ['birch', 'cedar*'],
    cwd: '/home/ara/my work',
    shell: null,
    env: { LANG: 'C', A: 'b: c' },
    stdinFile: '/nfs/q/stdin/7',
    dataPath: '/nfs/q/data/7',
    lane: 'main',
  });
  t.is(parse({ ...listed, hosts: null }).hosts, null);
  t.true(parse({ ...listed, state: 'holding' }).staged);
  t.true(parse(listed, { staged: true }).staged);
});

test('runner is a constraint only where there is no jid', (t) => {
  t.deepEqual(parse({ command: 'x', runner: 'birch' }).hosts, ['birch']);
  t.deepEqual(parse({ command: 'x', runner: 'birch, cedar*  alder' }).hosts, [
    'birch',
    'cedar*',
    'alder',
  ]);
  t.deepEqual(parse({ command: 'x', runner: ['birch'] }).hosts, ['birch']);
  t.deepEqual(parse({ command: 'x', runner: 'birch', hosts: ['cedar'] }).hosts, ['cedar']);
  t.deepEqual(parse({ command: 'x', jid: null, runner: 'birch' }).hosts, ['birch']);
  t.is(parse({ command: 'x', jid: 4, runner: 'birch' }).hosts, null);
  t.is(parse({ command: 'x', runner: '' }).hosts, null);
  t.is(parse({ command: 'x', hosts: [] }).hosts, null);
});

test('paths begin at the submitter, or at the queue for a listed job', (t) => {
  t.like(parse({ command: 'x', stdin: 'in', data: '../d', cwd: 'sub' }), {
    stdinFile: '/home/ara/in',
    dataPath: '/home/d',
    cwd: '/home/ara/sub',
  });
  t.is(parse({ command: 'x', stdin: '/in' }).stdinFile, '/in');
  t.like(parse({ command: 'x', jid: 4, stdin: 'stdin/4', cwd: 'sub' }), {
    stdinFile: '/nfs/q/stdin/4',
    cwd: '/home/ara/sub',
  });
});

test('YAML that means a word is taken for it', (t) => {
  t.is(parse({ command: true }).command, 'true');
  t.is(parse({ command: false }).command, 'false');
  t.is(parse({ command: 'x', tag: 42 }).tag, '42');
  for (const [word, expected] of [
    ['yes', true],
    ['True', true],
    ['no', false],
    ['false', false],
  ] as const) {
    t.is(parse({ command: 'x', restartable: word }).restartable, expected);
  }
});

test('an argv makes its command, and both must say the same', (t) => {
  t.like(parse({ argv: ['echo', "it's"] }), { command: `echo 'it'\\''s'`, argv: ['echo', "it's"] });
  t.is(parse({ argv: ['echo', 'a b'], command: 'echo "a b"' }).command, "echo 'a b'");
  t.is(
    refusal(t, { argv: ['echo', 'a'], command: 'echo b' }),
    'jobs.yml:7: job 3: argv: does not say the same as command; leave one out',
  );
  t.regex(refusal(t, { argv: ['echo', 'a'], command: 'echo "b' }), /does not say the same/);
});

test('errors name place, field and what was expected', (t) => {
  const long = 'x'.repeat(200);
  for (const [record, message] of [
    [{ command: 'x', priority: 'high' }, 'priority: expected a whole number, got "high"'],
    [{ command: 'x', priority: 1.5 }, 'priority: expected a whole number, got 1.5'],
    [
      { command: 'x', priority: 2 ** 60 },
      'priority: expected a whole number, got 1152921504606847000',
    ],
    [{ command: 'x', restartable: 'maybe' }, 'restartable: expected true or false, got "maybe"'],
    [{ command: 'x', tag: ['a'] }, 'tag: expected text, got ["a"]'],
    [{ command: 'x', tag: 'a\0' }, 'tag: expected text without NUL and broken characters'],
    [
      { command: 'x', state: 'done' },
      'state: expected one of pending, holding, waiting, running, finished, dead, got "done"',
    ],
    [{ command: 'a\0b' }, 'command: expected text without NUL and broken characters'],
    [{ command: 'a\ud800b' }, 'command: expected text without NUL and broken characters'],
    [{ command: '  ' }, 'command: expected text, got nothing'],
    [{ command: 42 }, 'command: expected text, got 42'],
    [{ command: null }, 'command: expected text, got nothing'],
    [{ tag: 'x' }, 'command: expected text, got nothing'],
    [{ argv: [] }, 'argv: expected a program and its arguments, got none'],
    [{ argv: ['sleep', 5] }, 'argv: word 2: expected text, got 5'],
    [{ argv: 'sleep 5' }, 'argv: expected a list of words, got "sleep 5"'],
    [{ command: 'x', env: { A: 1 } }, 'env: "A": expected text, got 1'],
    [{ command: 'x', env: { 'A=B': 'c' } }, 'env: "A=B": expected a name without ='],
    [
      { command: 'x', env: { A: 'a\0' } },
      'env: "A": expected text without NUL and broken characters',
    ],
    [{ command: 'x', env: ['A'] }, 'env: expected a map of names and values, got ["A"]'],
    [{ command: 'x', hosts: { a: 1 } }, 'hosts: expected a list of host names, got {"a":1}'],
    [{ command: 'x', hosts: ['a b'] }, 'hosts: word 1: expected names without blanks'],
    [{ command: 'x', runner: 5 }, 'runner: expected a list of host names, got 5'],
    [{ command: 'x', stdin: 5 }, 'stdin: expected text, got 5'],
    [{ command: 'x', lane: '' }, 'lane: expected text, got nothing'],
    [
      { command: 'x', priority: long },
      `priority: expected a whole number, got "${'x'.repeat(55)}...`,
    ],
    [{ command: 'x', prioritty: 1 }, 'no such field: prioritty; did you mean priority?'],
    [{ command: 'x', banana: 1 }, 'no such field: banana'],
    [{ comand: 'x' }, 'no such field: comand; did you mean command?'],
    ['sleep 5', 'expected a map of fields, got "sleep 5"'],
    [null, 'expected a map of fields, got null'],
    [[], 'expected a map of fields, got []'],
  ] as const) {
    t.is(refusal(t, record), `jobs.yml:7: job 3: ${message}`);
  }
});

test('a listed job with any command can be submitted again', (t) => {
  const word = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => text.trim() !== '' && !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), word, (argv, tag) => {
      const job = parse(sampleJob({ command: quoteShellWords(argv), argv, tag }));
      t.deepEqual(job.argv, argv);
      t.is(job.tag, tag);
      t.is(parse(sampleJob({ command: tag, argv: null })).command, tag);
    }),
  );
});

test('a record cannot reach the prototype of anything', (t) => {
  t.is(
    refusal(t, JSON.parse('{"command": "x", "__proto__": {"priority": 5}}')),
    'jobs.yml:7: job 3: no such field: __proto__',
  );
  t.is(
    refusal(t, JSON.parse('{"command": "x", "env": {"__proto__": "a", "A": "b"}}')),
    'jobs.yml:7: job 3: env: expected no variable named __proto__, constructor or prototype',
  );
});

test('a value that holds itself is refused like any other', (t) => {
  const record: Record<string, unknown> = { command: 'true' };
  record['tag'] = record;
  t.throws(() => parseNewJob(record, 'stdin:2: job 1', DEFAULTS), {
    message: /^stdin:2: job 1: tag: expected .*holds itself/,
  });
});
