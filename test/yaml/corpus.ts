import type { Job } from '../../src/domain/job.js';

/** Commands that should stay plain, for egrep. */
export const PLAIN_COMMANDS: readonly string[] = `sleep 5
/nfs/lab/bin/mosaic N45
echo "a b" > x
FOO=bar make -j4
grep -c 'x' f
./run.sh 1 2 3
~/bin/x
$HOME/bin/x $1
(cd /tmp; ls)
a && b || c
ls | wc -l
curl http://x:80/#y`.split('\n');

/** Null, booleans and the other words of YAML 1.1. */
const WORDS =
  '~ null Null NULL nil true True false yes No on OFF y n = << .inf -.INF .nan .NaN +.inf none';
/** Numbers, dates and times of any version, and what only looks like one. */
const NUMBERS = `0 42 -1 +12 007 0o17 0x1F 0b101 1_000 1,000 1e3 1E-3 .5 1. -.5 3.49 1.5e+10 12e 0x 1:30 190:20:30 1:30.5
12345678901234567890 1__0 _1 1.2.3 2026-11-21 2026-1-1 2026-11-21T20:31:02.114Z 00h00m03.49s 10:15 20:31:02`;
/** Signs at the beginning, and texts that end where a loader would stop. */
const SIGNS = `- -- --- ... -x ? ?x : :sym :: * *a & &a !a ! | |- > >2 %a % @a \`a\` # [ ] [] {} { } [a,b] , ' 'a' " "a" \\ \\n
a: a:b a#b a, a] a} http://x:80/ \\u0041 \\ud83d \\" "\\ \\\\ \\x41 \\/`;
/** The same with blanks, which YAML cares about most. */
const PHRASES = `2009-03-02 10:15:07.412033
2026-11-21 20:31:02 +1
- a
--- a
? a
: a
:sym bol
&a b
!!str a
!ruby/object:X {}
%YAML 1.2
# a
[ -f x ] && y
[a, b]
{ a; b; }
{a: 1}
, a
'a' b
"a" b
~ a
<<: a
a # b
a #b
a: b
a :
a : b
echo a: b
a  b
x: #`;
/** Lines, control characters, and unicode that YAML, a loader or an editor treats in its own way; length. */
const CHARACTERS = [
  ['', ' ', '  ', ' a', 'a ', 'a: ', '\ta', 'a\t', '\t', 'a\tb', 'a:\tb', 'a\t#b', 'a\nb', 'a\n'],
  ['\na', '\n', 'a\r\nb', 'a\rb', '\r', 'a\n\nb', 'a\n  b\n c', 'a\n---\nb', 'a\n- b', 'a\n...\n'],
  ['"\n', 'cat <<X\n\tfoo: bar\n# no\nX', 'for i in 1 2; do\n  echo $i\ndone', '\\\n', '\b\f\v'],
  ['\u0001', 'a\u001bb', '\u0007', '\u007f', '\u0080', 'a\u0085b', '\u0085', '\u009f', '\u00a0'],
  ['a\u00a0', '\u00ad', 'a\u2028b', '\u2029', '\u2028', 'a\u3000b', '\u2003', '\ufeff', 'a\ufeffb'],
  ['\ufffe', '\uffff', '\ufffd', '\u200b', '\u202e', 'é', 'naïve café', 'Ωmega', '日本語 を', '😀'],
  ['a😀', '\u{1f468}\u200d\u{1f469}', '\u{10ffff}', '\u{1fffe}', '\ud7ff', '\ue000', 'e\u0301'],
  [
    '\u0660\u0661',
    '١:٣',
    'ﬁ',
    '\u{1d7d8}',
    '\\\ud7ff',
    `x${' y'.repeat(3000)}`,
    `: ${'z '.repeat(3000)}`,
  ],
];

/** Strings that some YAML loader has been seen to misread, refuse or alter when written carelessly. */
export const NASTY_TEXTS: readonly string[] = [
  ...PLAIN_COMMANDS,
  ...[WORDS, NUMBERS, SIGNS].flatMap((texts) => texts.split(/[ \n]/)),
  ...PHRASES.split('\n'),
  ...CHARACTERS.flat(),
];

/** A job with something in every field that takes it. */
export function sampleJob(changes: Partial<Job> = {}): Job {
  return {
    jid: 7,
    priority: -3,
    state: 'finished',
    submitted: '2026-11-21T20:31:02.114Z',
    started: '2026-11-21T20:31:03.000Z',
    finished: '2026-11-21T20:31:06.490Z',
    elapsed: 3.49,
    submitter: 'alder',
    runner: 'birch',
    stdin: null,
    stdout: 'stdout/7',
    stderr: 'stderr/7',
    data: null,
    pid: 7745,
    exit_status: 0,
    tag: 'tiles',
    restartable: false,
    command: 'sleep 5',
    signal: null,
    attempt: 1,
    reason: null,
    user: 'ara',
    cwd: '/home/ara/my work',
    argv: ['sleep', '5'],
    shell: null,
    env: { LANG: 'C', A: 'b: c' },
    hosts: ['birch', 'cedar*'],
    node: 'birch',
    cpu: 0.01,
    max_rss: 3260,
    lane: 'main',
    ...changes,
  };
}
