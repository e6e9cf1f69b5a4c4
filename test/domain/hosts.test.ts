import test from 'ava';
import * as fc from 'fast-check';
import { matchesGlob, matchesHost } from '../../src/domain/hosts.js';

const REGEXP_PARTS: Readonly<Record<string, string>> = {
  '*': '.*',
  '?': '.',
  '.': '\\.',
  '[!a]': '[^a]',
};
const NAMES = { host: 'node10.lab.example', shortHost: 'node10', node: 'gpu-a' };

test('no constraint fits every node', (t) => {
  t.true(matchesHost(null, NAMES));
  t.false(matchesHost([], NAMES));
});

test('a constraint fits the full name, the short name or the node, in any case', (t) => {
  for (const pattern of [
    'node10',
    'node10.lab.example',
    'gpu-a',
    'NODE10',
    'node*',
    '*.lab.example',
    'node1?',
    'node1[0-3]',
    'gpu-[!b]',
  ]) {
    t.true(matchesHost([pattern], NAMES), pattern);
    t.true(matchesHost(['other', pattern], NAMES), pattern);
  }
});

test('a part of a name never fits', (t) => {
  for (const pattern of [
    'node1',
    'ode10',
    'node',
    'lab',
    'node10.lab',
    'node?',
    'gpu-[!a]',
    'node1[1-9]',
    '',
    'node10 ',
    'nodex*',
  ]) {
    t.false(matchesHost([pattern], NAMES), pattern);
  }
  t.false(matchesHost(['node10'], { host: 'node1', shortHost: 'node1', node: 'node1' }));
});

test('globs know stars, question marks and classes', (t) => {
  for (const [pattern, text, fits] of [
    ['*', '', true],
    ['', '', true],
    ['?', '', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['**a', 'ba', true],
    ['[abc]x', 'bx', true],
    ['[^abc]x', 'bx', false],
    ['[a-', '[a-', true],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['[z-a]', 'b', false],
    ['a.b', 'axb', false],
    ['a+', 'aa', false],
    ['?', '😀', true],
  ] as const) {
    t.is(matchesGlob(pattern, text), fits, `${pattern} ${text}`);
  }
});

test('a glob of many stars answers at once', (t) => {
  t.false(matchesGlob('*a'.repeat(50), `${'a'.repeat(5000)}b`));
});

test('globs agree with regular expressions', (t) => {
  const parts = fc.array(fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]', '.'), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(
      parts,
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.'), maxLength: 8 }),
      (pattern, text) => {
        const regexp = pattern.map((part) => REGEXP_PARTS[part] ?? part).join('');
        t.is(matchesGlob(pattern.join(''), text), new RegExp(`^${regexp}$`).test(text));
      },
    ),
    { numRuns: 1000 },
  );
});
