import test from 'ava';
import { RqError } from '../../src/domain/error.js';
import { isJobField, selectFields } from '../../src/domain/fields.js';
import { JOB_FIELDS } from '../../src/domain/job.js';

test('a word is a prefix, and the fields come in their own order', (t) => {
  t.deepEqual(selectFields('st'), ['state', 'started', 'stdin', 'stdout', 'stderr']);
  t.deepEqual(selectFields('tag,jid'), ['jid', 'tag']);
  t.deepEqual(selectFields(' JID , exit ,jid,'), ['jid', 'exit_status']);
  t.deepEqual(selectFields('max_'), ['max_rss']);
});

test('a word with other characters is a regular expression', (t) => {
  t.deepEqual(selectFields('.*ed$'), ['submitted', 'started', 'finished', 'elapsed']);
  t.deepEqual(selectFields('^std(in|out)$'), ['stdin', 'stdout']);
  t.deepEqual(selectFields('.*'), [...JOB_FIELDS]);
});

test('a word that fits nothing is refused', (t) => {
  for (const spec of ['nope', 'jid,nope', '^x', '(', '', ',', ' ']) {
    t.is(t.throws(() => selectFields(spec), { instanceOf: RqError }).code, 'usage', spec);
  }
  t.is(
    t.throws(() => selectFields('comand')).message,
    'no field fits "comand"; did you mean command?',
  );
});

test('only fields of a job are fields', (t) => {
  t.true(isJobField('jid'));
  t.false(isJobField('toString'));
  t.false(isJobField('upload'));
});
