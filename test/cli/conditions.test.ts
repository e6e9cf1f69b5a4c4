import test from 'ava';
import { parseConditions } from '../../src/cli/conditions.js';
import type { JobQuery } from '../../src/domain/selection.js';

/** `priority>3 & (state=pending | tag=x)` */
function shown(query: JobQuery): string {
  switch (query.kind) {
    case 'filter':
      return `${query.field}${query.op}${String(query.value)}`;
    case 'and':
      return query.parts.map(inner).join(' & ');
    case 'union':
      return query.parts.map(inner).join(' | ');
    case 'states':
      return query.states.join(',');
    case 'jids':
      return query.ranges.map((range) => range.join('-')).join(',');
    case 'last':
      return `last ${query.count}`;
    case 'all':
    case 'none':
      return query.kind;
  }
}

function inner(query: JobQuery): string {
  return query.kind === 'and' || query.kind === 'union' ? `(${shown(query)})` : shown(query);
}

const TABLE: readonly [readonly string[], string][] = [
  [['priority>3', 'state=pending'], 'priority>3 & state=pending'],
  [['priority > 3'], 'priority>3'],
  [["priority > 3 and state='pending'"], 'priority>3 & state=pending'],
  [['priority > 3 OR tag = x'], 'priority>3 | tag=x'],
  [['tag=a or tag=b and priority>1'], 'tag=a | (tag=b & priority>1)'],
  [['(tag=a or tag=b) and priority>1'], '(tag=a | tag=b) & priority>1'],
  [["tag = 'night run'"], 'tag=night run'],
  [["tag = 'it''s'"], "tag=it's"],
  [["tag = 'a or (b'"], 'tag=a or (b'],
  [['tag=two words'], 'tag=two words'],
  [['command=sleep (10)'], 'command=sleep (10)'],
  [['exit_status <> 0'], 'exit_status!=0'],
  [['exit_status==0'], 'exit_status=0'],
  [['exit_status is null'], 'exit_status=null'],
  [['signal is not null and tag=x'], 'signal!=null & tag=x'],
  [['tag='], 'tag=null'],
  [['running'], 'running'],
  [['3,5-8', 'tag=x'], '3-3,5-8 & tag=x'],
  [['priority=-5'], 'priority=-5'],
  [['tag=a=b'], 'tag=a=b'],
];

for (const [words, expected] of TABLE) {
  test(`${JSON.stringify(words)} means ${expected}`, (t) => {
    t.is(shown(parseConditions(words)), expected);
  });
}

test('text that tries to leave its place stays a value', (t) => {
  const query = parseConditions(["tag = 'x''; drop table jobs; --'"]);
  t.deepEqual(query, { kind: 'filter', field: 'tag', op: '=', value: "x'; drop table jobs; --" });
});

for (const word of ['priority >', '(tag=x', 'tag=x and', 'foo = 1', "tag='x", 'priority > high']) {
  test(`${word} is refused`, (t) => {
    t.throws(() => parseConditions([word]), { name: 'RqError' });
  });
}
