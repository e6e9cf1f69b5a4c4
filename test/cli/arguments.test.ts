import test from 'ava';
import { parseArguments, type Surroundings } from '../../src/cli/arguments.js';

interface Case {
  readonly argv: string;
  readonly env?: Record<string, string>;
  readonly queues?: readonly string[];
  readonly nearest?: string;
}

function parse(argv: readonly string[], around: Omit<Case, 'argv'> = {}) {
  const surroundings: Surroundings = {
    env: around.env ?? {},
    home: '/home/kim',
    isQueue: (path) => (around.queues ?? []).includes(path),
    nearestQueue: () => around.nearest ?? null,
  };
  return parseArguments(argv, surroundings);
}

/** `queue|mode|words`, with the options in between when there are any. */
function shown(line: ReturnType<typeof parseArguments>): string {
  const options = line.options.map(
    ({ name, value, negated }) =>
      `${negated ? 'no-' : ''}${name}${value === null ? '' : `=${value}`}`,
  );
  const words = [...(line.dash ? ['(-)'] : []), ...line.words];
  return [line.queue ?? '', line.mode, options.join(' '), words.join(' ')].join('|');
}

const RQ_Q = { RQ_Q: '/q' };
const TABLE: readonly [Case, string][] = [
  // Which word is the queue and which the mode.
  [{ argv: 'q create' }, 'q|create||'],
  [{ argv: 'q create', env: RQ_Q }, 'q|create||'],
  [{ argv: './list list' }, './list|list||'],
  [{ argv: 'queue list' }, 'queue|list||'],
  [{ argv: 'queue ls r' }, 'queue|list||r'],
  [{ argv: 'list r', env: RQ_Q }, '/q|list||r'],
  [{ argv: 'list r', env: RQ_Q, queues: ['list'] }, 'list|resubmit||'],
  [{ argv: 'list r' }, 'list|resubmit||'],
  [{ argv: 'q q tag=x' }, 'q|query||tag=x'],
  [{ argv: 'q q tag=x', env: RQ_Q }, '/q|query||q tag=x'],
  [{ argv: 'q q tag=x', env: RQ_Q, queues: ['q'] }, 'q|query||tag=x'],
  [{ argv: 'status', nearest: '/near' }, '/near|status||'],
  [{ argv: 'status', nearest: '/near', env: RQ_Q }, '/q|status||'],
  [{ argv: 'status', env: { RQ_QUEUE: '/old' } }, '/old|status||'],
  [{ argv: 'other list', env: RQ_Q }, 'other|list||'],
  [{ argv: 'stdout 2', env: RQ_Q }, '/q|stdout||2'],
  [{ argv: '1 3', env: RQ_Q }, '/q|stdout||3'],
  [{ argv: 'queue 0 3' }, 'queue|stdin||3'],
  // Help and version need no queue.
  [{ argv: 'help' }, '|help||'],
  [{ argv: 'help create' }, '|help||create'],
  [{ argv: 'version' }, '|version||'],
  [{ argv: '--version' }, '|version||'],
  [{ argv: '-h' }, '|help||'],
  [{ argv: 'list --help' }, '|help||list'],
  [{ argv: 'queue list --help' }, '|help||list'],
  [{ argv: '/q rm -h 3' }, '|help||delete'],
  // Options anywhere, spelled anyhow.
  [{ argv: '-p 5 q s -t x' }, 'q|submit|priority=5 tag=x|'],
  [{ argv: '--priority=-5 q s' }, 'q|submit|priority=-5|'],
  [{ argv: 'q s -p -5' }, 'q|submit|priority=-5|'],
  [{ argv: 'q s -p5 -t=x' }, 'q|submit|priority=5 tag=x|'],
  [{ argv: 'q feed --max_feed=4 --any_user' }, 'q|feed|max-feed=4 any-user|'],
  [{ argv: 'q feed --max-f 4' }, 'q|feed|max-feed=4|'],
  [{ argv: 'queue feed --daemon -l ~/rq.log' }, 'queue|feed|daemon log=/home/kim/rq.log|'],
  [{ argv: 'queue feed --daemon -l=~/rq.log' }, 'queue|feed|daemon log=/home/kim/rq.log|'],
  [{ argv: 'queue feed -Dl=~/rq.log' }, 'queue|feed|daemon log=/home/kim/rq.log|'],
  [{ argv: 'q list -qf jid,state' }, 'q|list|quiet fields=jid,state|'],
  [{ argv: 'q list -v4' }, 'q|list|verbosity=4|'],
  [{ argv: 'q list -v 4' }, 'q|list|verbosity|4'],
  [{ argv: 'q list --no-quiet' }, 'q|list|no-quiet|'],
  [{ argv: 'q s --stdin=- wc' }, 'q|submit|stdin=-|wc'],
  [{ argv: 'q s --stdin wc' }, 'q|submit|stdin|wc'],
  [{ argv: 'q s --env A --env B=1 x' }, 'q|submit|env=A env=B=1|x'],
  // The job keeps its own options.
  [{ argv: 'q s ls -l /etc' }, 'q|submit||ls -l /etc'],
  [{ argv: 'q s -p 3 ls -p --help - --' }, 'q|submit|priority=3|ls -p --help - --'],
  [{ argv: 's ls -l', env: RQ_Q }, '/q|submit||ls -l'],
  [{ argv: 's list -l', env: RQ_Q }, '/q|submit||list -l'],
  [{ argv: 'q run help' }, 'q|run||help'],
  [{ argv: 'q s -t x -- wc -w' }, 'q|submit|tag=x|wc -w'],
  [{ argv: 'q s - -p 5' }, 'q|submit|priority=5|(-)'],
  [{ argv: 'q s -- -' }, 'q|submit||-'],
  // A lone dash, anywhere.
  [{ argv: 'q update - k=v' }, 'q|update||(-) k=v'],
  [{ argv: 'q d -' }, 'q|delete||(-)'],
  // Defaults come first, so that the command line wins; what a mode does not take is passed over.
  [
    { argv: 'q s -p 1', env: { RQ_OPTS: "-p 9 -t 'a b' -o json" } },
    'q|submit|priority=9 tag=a b output=json priority=1|',
  ],
  [{ argv: 'q list', env: { RQ_OPTIONS: '-p 9 -q' } }, 'q|list|quiet|'],
];

for (const [given, expected] of TABLE) {
  const { argv, ...around } = given;
  const where = Object.keys(around).length === 0 ? '' : ` with ${JSON.stringify(around)}`;
  test(`rq ${argv}${where} is ${expected}`, (t) => {
    t.is(shown(parse(argv.split(' '), around)), expected);
  });
}

const REFUSED: readonly [Case, RegExp][] = [
  [{ argv: 'queue' }, /^no mode: rq queue MODE/],
  [{ argv: 'list' }, /^no queue: rq QUEUE list/],
  [{ argv: 'list running' }, /^no queue: rq QUEUE list/],
  [{ argv: 'queue lst' }, /^unknown mode lst; did you mean list\?$/],
  [{ argv: 'lst', env: RQ_Q }, /^unknown mode lst; did you mean list\?$/],
  [{ argv: 'queue lst', env: RQ_Q, queues: ['queue'] }, /^unknown mode lst/],
  [{ argv: 'q foo', queues: ['q'] }, /^unknown mode foo$/],
  [{ argv: 'queue rotate' }, /^this version of rq has no mode rotate yet$/],
  [{ argv: 'q s --prioritty 3 x' }, /^unknown option --prioritty; did you mean --priority\?$/],
  [{ argv: 'q s -Z x' }, /^unknown option -Z$/],
  [{ argv: 'q s -p' }, /^-p needs a value: N$/],
  [{ argv: 'q list --max 3' }, /^--max is short for --max-feed and --max-sleep$/],
  [{ argv: 'q list -p 3' }, /^list takes no option --priority/],
  [{ argv: 'q list --quiet=yes' }, /^--quiet takes no value, got yes$/],
  [{ argv: 'q list', env: { RQ_OPTS: '--colour' } }, /^RQ_OPTS: unknown option --colour$/],
  [{ argv: 'q list', env: { RQ_OPTS: 'running' } }, /^RQ_OPTS: not an option: running$/],
];

for (const [given, expected] of REFUSED) {
  const { argv, ...around } = given;
  test(`rq ${argv} is refused: ${expected.source} ${JSON.stringify(around)}`, (t) => {
    const error = t.throws(() => parse(argv.split(' '), around), { name: 'RqError' });
    t.regex(error?.message ?? '', expected);
  });
}

test('no words at all are refused as a missing mode', (t) => {
  t.throws(() => parse([]), { message: /^no mode/ });
});

test('an empty argument of the job is kept', (t) => {
  t.deepEqual(parse(['q', 's', 'printf', '', 'a b']).words, ['printf', '', 'a b']);
});
