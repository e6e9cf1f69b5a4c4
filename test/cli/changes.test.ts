import test from 'ava';
import { parseChanges } from '../../src/cli/commands/update.js';
import { environmentOf, hostList, priorityOf } from '../../src/cli/submitter-command.js';

test('assignments become changes with the types of their fields', (t) => {
  t.deepEqual(
    parseChanges([
      'priority=-5',
      'tag=a b',
      'restartable=true',
      'runner=n1,n2*',
      'state=h',
      'command=two words=x',
      'lane=big',
    ]),
    {
      priority: -5,
      command: 'two words=x',
      tag: 'a b',
      hosts: ['n1', 'n2*'],
      restartable: true,
      state: 'holding',
      lane: 'big',
    },
  );
});

test('nothing, null and nil empty a field', (t) => {
  for (const word of ['tag=', 'tag=null', 'tag=NIL'])
    t.deepEqual(parseChanges([word]), { tag: null });
  t.deepEqual(parseChanges(['runner=', 'stdin=', 'priority=']), {
    priority: 0,
    hosts: null,
    stdinFile: null,
  });
});

for (const word of [
  'priority=high',
  'state=running',
  'state=',
  'command=',
  'jid=3',
  'tga=x',
  'restartable=maybe',
]) {
  test(`${word} is refused`, (t) => {
    t.throws(() => parseChanges([word]), { name: 'RqError' });
  });
}

test('env takes names, values and all, and leaves what belongs to a process', (t) => {
  const env = { A: '1', PATH: '/bin', RQ_JID: '3', _: 'x', SHLVL: '1' };
  t.deepEqual(environmentOf(['A', 'B=2=3'], env), { A: '1', B: '2=3' });
  t.deepEqual(environmentOf(['all', 'A=9'], env), { A: '9', PATH: '/bin' });
  t.throws(() => environmentOf(['NOPE'], env), { message: /NOPE is not set here/ });
  t.throws(() => environmentOf(['=x'], env), { name: 'RqError' });
});

test('hosts are names and globs, separated by commas or blanks', (t) => {
  t.deepEqual(hostList(['a,b', 'node[1-4] c']), ['a', 'b', 'node[1-4]', 'c']);
  t.throws(() => hostList([',']), { name: 'RqError' });
});

test('a priority is a whole number, negative too', (t) => {
  t.is(priorityOf('-12'), -12);
  for (const text of ['', '1.5', 'high', '1e400', '9007199254740993']) {
    t.throws(() => priorityOf(text), { message: /expected a whole number, got/ });
  }
});
