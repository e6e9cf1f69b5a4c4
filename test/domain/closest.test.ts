import test from 'ava';
import { closest, didYouMean } from '../../src/domain/closest.js';

test('a misspelt word finds its neighbour', (t) => {
  const words = ['pending', 'running', 'priority', 'tag', 'jid'];
  t.is(closest('pendign', words), 'pending');
  t.is(closest('Priorty', words), 'priority');
  t.is(closest('tga', words), 'tag');
  t.is(didYouMean('runing', words), '; did you mean running?');
});

test('a word that is near nothing finds nothing', (t) => {
  t.is(closest('xyz', ['tag', 'jid']), null);
  t.is(closest('x'.repeat(10_000), ['tag']), null);
  t.is(closest('tag', []), null);
  t.is(didYouMean('banana', ['tag']), '');
});
