import { execFileSync } from 'node:child_process';
import test from 'ava';
import * as fc from 'fast-check';
import { RqError } from '../../src/domain/error.js';
import { quoteShellWords, splitShellWords } from '../../src/domain/shell-words.js';

const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({
    unit: fc.constantFrom(...Array.from(' \'"\\$`\n\t*?~=#&|;<>(){}[]!a')),
    maxLength: 8,
  }),
  fc.constantFrom('if', 'time', 'A=b', 'PATH+=x', '-n', '--', '', '{', '!', 'é 😀', '~', '[', '[['),
);
const argv = fc.array(
  word.filter((text) => !text.includes('\0')),
  { minLength: 1, maxLength: 5 },
);

/** What the shell makes of each line, all in one process. */
function splitWith(shell: string, lines: readonly string[]): string[][] {
  const script = lines.map((line) => `w ${line}`).join('\n');
  const define = `w() { for x do printf '%s\\0' "$x"; done; printf 'end of line\\0'; }`;
  const output = execFileSync(shell, [], { input: `${define}\n${script}\n`, encoding: 'utf8' });
  const found: string[][] = [[]];
  for (const text of output.split('\0').slice(0, -1)) {
    if (text === 'end of line') found.push([]);
    else found.at(-1)?.push(text);
  }
  return found.slice(0, -1);
}

test('safe words stay as they are, others are put in single quotes', (t) => {
  t.is(quoteShellWords(['sleep', '5']), 'sleep 5');
  t.is(
    quoteShellWords(['echo', 'a b', "it's", '', '$x', '~', '*']),
    `echo 'a b' 'it'\\''s' '' '$x' '~' '*'`,
  );
  t.is(quoteShellWords(['/bin/x', '--a=b', 'A=b', 'if']), '/bin/x --a=b A=b if');
  t.is(quoteShellWords(['A=b']), "'A=b'");
  t.is(quoteShellWords(['if']), "'if'");
});

test('quoted words split into the same words, to us and to real shells', (t) => {
  const samples = fc.sample(argv, 500);
  for (const words of samples) t.deepEqual(splitShellWords(quoteShellWords(words)), words);
  const lines = samples.map((words) => quoteShellWords(words));
  t.deepEqual(splitWith('bash', lines), samples);
  t.deepEqual(splitWith('sh', lines), samples);
});

test('lines split as in bash', (t) => {
  const lines = [
    'a b',
    '  a\tb ',
    `a"b c"'d e'f`,
    `"a\\"b\\\\c\\d\\$"`,
    `'a\\b'`,
    'a\\ b',
    '""',
    `"" ''`,
    'a\\\nb',
    '"a\\\nb"',
    "'a\nb'",
    '\\\\',
  ];
  t.deepEqual(
    lines.map((line) => splitShellWords(line)),
    splitWith('bash', lines),
  );
  t.deepEqual(splitShellWords(''), []);
  t.deepEqual(splitShellWords('a | b > c'), ['a', '|', 'b', '>', 'c']);
});

test('an open quote or a last backslash is refused', (t) => {
  for (const line of ["a 'b", 'a "b', 'a "b\\"', 'a \\']) {
    t.is(t.throws(() => splitShellWords(line), { instanceOf: RqError }).code, 'usage');
  }
});

test('any words survive', (t) => {
  fc.assert(
    fc.property(argv, (words) => t.deepEqual(splitShellWords(quoteShellWords(words)), words)),
  );
});
