import test from 'ava';
import * as fc from 'fast-check';
import { RqError } from '../../src/domain/error.js';
import {
  type JidDocument,
  type JidRange,
  jidsOf,
  mergeRanges,
  parseJids,
  parseSelection,
} from '../../src/domain/selection.js';

const select = (...words: string[]): unknown => parseSelection(words);
const tag = { kind: 'filter', field: 'tag', op: '=', value: 'x' };
const failed = { kind: 'filter', field: 'exit_status', op: '!=', value: 0 };

test('no words mean nothing, or all where the caller says so', (t) => {
  t.deepEqual(select(), { kind: 'none' });
  t.deepEqual(select('', ' '), { kind: 'none' });
  t.deepEqual(parseSelection([], { empty: 'all' }), { kind: 'all' });
});

test('jids come single, in lists and in ranges, sorted and joined', (t) => {
  t.deepEqual(select('42'), { kind: 'jids', ranges: [[42, 42]] });
  t.deepEqual(select('1,3,5-8'), {
    kind: 'jids',
    ranges: [
      [1, 1],
      [3, 3],
      [5, 8],
    ],
  });
  t.deepEqual(select('8', '5..7', '1', '2'), {
    kind: 'jids',
    ranges: [
      [1, 2],
      [5, 8],
    ],
    named: [1, 2, 8],
  });
  t.deepEqual(select('007'), { kind: 'jids', ranges: [[7, 7]] });
});

test('states have the short forms of Ruby Queue', (t) => {
  for (const [word, state] of [
    ['p', 'pending'],
    ['h', 'holding'],
    ['w', 'waiting'],
    ['R', 'running'],
    ['f', 'finished'],
    ['d', 'dead'],
    ['pend', 'pending'],
    ['DEAD', 'dead'],
  ] as const) {
    t.deepEqual(select(word), { kind: 'states', states: [state] }, word);
  }
  t.deepEqual(select('f', 'pending,dead', 'p'), {
    kind: 'states',
    states: ['pending', 'finished', 'dead'],
  });
});

test('all is all, whatever stands beside it', (t) => {
  for (const words of [['a'], ['all'], ['ALL', '5'], ['p', 'a']])
    t.deepEqual(parseSelection(words), { kind: 'all' });
});

test('last means the highest jid, or as many as it says', (t) => {
  t.deepEqual(select('last'), { kind: 'last', count: 1 });
  t.deepEqual(select('last3'), { kind: 'last', count: 3 });
  t.deepEqual(select('last:3', 'last'), { kind: 'last', count: 3 });
});

test('words are a union', (t) => {
  t.deepEqual(select('5', 'r', 'last', '6'), {
    kind: 'union',
    parts: [
      { kind: 'jids', ranges: [[5, 6]], named: [5, 6] },
      { kind: 'states', states: ['running'] },
      { kind: 'last', count: 1 },
    ],
  });
});

test('filters all have to hold, and narrow the union of the words', (t) => {
  t.deepEqual(select('tag=x'), tag);
  t.deepEqual(select('tag=x', 'exit_status!=0'), { kind: 'and', parts: [tag, failed] });
  t.deepEqual(select('tag=x', 'f', '5'), {
    kind: 'and',
    parts: [
      {
        kind: 'union',
        parts: [
          { kind: 'jids', ranges: [[5, 5]] },
          { kind: 'states', states: ['finished'] },
        ],
      },
      tag,
    ],
  });
  t.deepEqual(select('all', 'tag=x'), tag);
});

test('the conditions of one word may be joined by and', (t) => {
  t.deepEqual(select("priority > 3 and state='pending'"), {
    kind: 'and',
    parts: [
      { kind: 'filter', field: 'priority', op: '>', value: 3 },
      { kind: 'filter', field: 'state', op: '=', value: 'pending' },
    ],
  });
  t.deepEqual(select('tag=you and me'), { ...tag, value: 'you and me' });
});

test('what cannot be read is refused', (t) => {
  for (const [word, message] of [
    [
      'pendign',
      'expected a jid, a state, all, last or field=value, got "pendign"; did you mean pending?',
    ],
    ['x', 'expected a jid, a state, all, last or field=value, got "x"'],
    ['1,,2', 'expected a jid, a state, all, last or field=value, got "1,,2"'],
    ['0', 'expected jids from 1 up, got "0"'],
    ['8-5', 'expected jids from 1 up, got "8-5"'],
    ['99999999999999999999', 'expected jids from 1 up, got "99999999999999999999"'],
    ['last0', 'last: expected a number from 1 up, got 0'],
    ['-', 'expected a jid, a state, all, last or field=value, got "-"'],
    ['tga=x', 'no such field: tga; did you mean tag?'],
  ] as const) {
    const error = t.throws(() => parseSelection([word]), { instanceOf: RqError }, word);
    t.is(error.code, 'bad-selection');
    t.is(error.message, message);
  }
});

async function* documents(...records: Record<string, unknown>[]): AsyncGenerator<JidDocument> {
  for (const [index, record] of records.entries()) yield { record, line: index + 1 };
}

test('records and lines on standard input name jids', async (t) => {
  t.deepEqual(
    await parseJids(
      documents({ jid: 3, command: '9' }, { command: '1,5-6' }, { jid: '4' }, { command: '11 12' }),
      '-',
    ),
    {
      kind: 'jids',
      ranges: [
        [1, 1],
        [3, 6],
        [11, 12],
      ],
      named: [3, 4, 11, 12],
    },
  );
  t.deepEqual(await parseJids(documents(), '-'), { kind: 'none' });
});

test('a record without a jid is refused by its line', async (t) => {
  const error = await t.throwsAsync(
    parseJids(documents({ jid: 1 }, { command: 'sleep 5' }), 'stdin'),
    { instanceOf: RqError },
  );
  t.is(error.code, 'bad-selection');
  t.is(error.message, 'stdin:2: expected a jid, got "sleep 5"');
  t.is(
    t.throws(() => jidsOf({ tag: 'x' }, 'f:1')).message,
    'f:1: expected a jid, got "a record without one"',
  );
  t.is(
    t.throws(() => jidsOf({ jid: 1.5 }, 'f:1')).message,
    'f:1: jid: expected a whole number, got 1.5',
  );
  t.is(
    t.throws(() => jidsOf({ jid: 'x', command: '5' }, 'f:1')).message,
    'f:1: jid: expected a whole number, got "x"',
  );
  t.is(
    t.throws(() => jidsOf({ jid: 0 }, 'f:1')).message,
    'f:1: jid: expected a whole number, got 0',
  );
});

test('merged ranges hold the same jids, sorted and apart', (t) => {
  const range = fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 9 }))
    .map(([first, more]): [number, number] => [first, first + more]);
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const merged = mergeRanges(ranges);
      t.deepEqual(members(merged), members(ranges));
      for (const [index, [first]] of merged.entries())
        t.true(index === 0 || first > (merged[index - 1]?.[1] ?? 0) + 1);
    }),
  );
});

function members(ranges: readonly JidRange[]): number[] {
  const jids = ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
  return [...new Set(jids)].toSorted((a, b) => a - b);
}
