import test from 'ava';
import { RqError } from '../../src/domain/error.js';
import { likePattern, looksLikeFilter, parseFilter } from '../../src/domain/filter.js';

function filter(word: string): unknown[] {
  const { field, op, value } = parseFilter(word);
  return [field, op, value];
}

test('every operator is read, with and without blanks and quotes', (t) => {
  t.deepEqual(filter('tag=x'), ['tag', '=', 'x']);
  t.deepEqual(filter('tag==x'), ['tag', '=', 'x']);
  t.deepEqual(filter('tag!=x'), ['tag', '!=', 'x']);
  t.deepEqual(filter('priority<5'), ['priority', '<', 5]);
  t.deepEqual(filter('priority <= -5'), ['priority', '<=', -5]);
  t.deepEqual(filter('priority>5'), ['priority', '>', 5]);
  t.deepEqual(filter('priority>=+5'), ['priority', '>=', 5]);
  t.deepEqual(filter("state = 'pending'"), ['state', '=', 'pending']);
  t.deepEqual(filter('TAG="a b"'), ['tag', '=', 'a b']);
  t.deepEqual(filter('command=a=b c'), ['command', '=', 'a=b c']);
});

test('values have the type of their field', (t) => {
  t.deepEqual(filter('exit_status!=0'), ['exit_status', '!=', 0]);
  t.deepEqual(filter('elapsed>10m'), ['elapsed', '>', 600]);
  t.deepEqual(filter('cpu<=0.5'), ['cpu', '<=', 0.5]);
  t.deepEqual(filter('restartable=yes'), ['restartable', '=', true]);
  t.deepEqual(filter('restartable=0'), ['restartable', '=', false]);
  t.deepEqual(filter('state=Running'), ['state', '=', 'running']);
  t.deepEqual(filter('submitted>2026-11-21'), ['submitted', '>', '2026-11-21T00:00:00.000Z']);
  t.deepEqual(filter('finished<2026-11-21 10:00:00'), [
    'finished',
    '<',
    '2026-11-21T10:00:00.000Z',
  ]);
  t.deepEqual(filter('tag=42'), ['tag', '=', '42']);
});

test('null, nil and nothing mean null', (t) => {
  for (const word of ['tag=', 'tag=null', 'tag=NIL', 'tag=nul', 'tag = '])
    t.deepEqual(filter(word), ['tag', '=', null]);
  t.deepEqual(filter('exit_status!=null'), ['exit_status', '!=', null]);
  t.deepEqual(filter("tag='null'"), ['tag', '=', 'null']);
  t.deepEqual(filter('argv!='), ['argv', '!=', null]);
});

test('patterns are LIKE patterns, globs, or parts', (t) => {
  t.deepEqual(filter('tag=~a%b_'), ['tag', '=~', 'a%b_']);
  t.deepEqual(filter('command!~mosaic'), ['command', '!~', '%mosaic%']);
  t.is(likePattern('a*b?'), 'a%b_');
  t.is(likePattern('a_b'), '%a\\_b%');
  t.is(likePattern('a_b*'), 'a\\_b%');
  t.is(likePattern('a\\b'), '%a\\\\b%');
  t.is(likePattern('%a\\b'), '%a\\\\b');
  t.deepEqual(filter('env=~HOME'), ['env', '=~', '%HOME%']);
});

test('what a field cannot be is refused, with the reason', (t) => {
  for (const [word, message] of [
    ['tga=x', 'no such field: tga; did you mean tag?'],
    ['toString=x', 'no such field: toString'],
    ['priority=high', 'priority: expected a whole number, got "high"'],
    ['jid=1.5', 'jid: expected a whole number, got "1.5"'],
    ['jid=99999999999999999999', 'jid: expected a whole number, got "99999999999999999999"'],
    ['elapsed>soon', 'elapsed: expected a duration such as 90, 1d2h30m or 00:01:30, got "soon"'],
    ['restartable=maybe', 'restartable: expected true or false, got "maybe"'],
    ['restartable<true', 'restartable: only = and != fit it'],
    [
      'state=done',
      'state: expected one of pending, holding, waiting, running, finished, dead, got "done"',
    ],
    [
      'submitted>yesterday',
      'submitted: expected a time such as 2026-11-21 or 2026-11-21T20:31:02Z, got "yesterday"',
    ],
    ['hosts=a', 'hosts: only =~, !~ and null fit a list'],
    ['priority<', 'priority: nothing is < null'],
    ['tag=~', 'tag: expected a pattern after =~'],
    ['tag', 'expected field=value, got "tag"'],
  ] as const) {
    const error = t.throws(() => parseFilter(word), { instanceOf: RqError }, word);
    t.is(error.code, 'bad-selection');
    t.is(error.message, message);
  }
});

test('jids, states and ranges do not look like filters', (t) => {
  for (const word of ['42', '1,3,5-8', 'last', 'pending', '-', '=x', '5=x'])
    t.false(looksLikeFilter(word), word);
  for (const word of ['tag=x', 'a!~b', 'x>', 'tag =~ y']) t.true(looksLikeFilter(word), word);
});
