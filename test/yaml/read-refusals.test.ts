import test from 'ava';
import { RqError } from '../../src/domain/error.js';
import { readDocuments } from '../../src/yaml/read.js';
import { records, refusal } from './reading.js';

test('only the very shape of Ruby Queue is read so freely', async (t) => {
  t.regex(
    await refusal('-\n  jid: 1\n  command: echo a: b\n'),
    /bad indentation of a mapping entry/,
  );
  t.regex(await refusal('- jid: 1\n  command: echo a: b\n'), /bad indentation of a mapping entry/);
  t.regex(await refusal('-\n jid: 1\n what: echo a: b\n'), /bad indentation of a mapping entry/);
  t.deepEqual(await records('-\n jid: 1\n command: |\n  a\n  b\n'), [
    { jid: 1, command: 'a\nb\n' },
  ]);
});

test('errors name source, line and job in one line', async (t) => {
  t.is(
    await refusal('---\n- command: a\n- command: b\n  tag: "x\n- command: c\n'),
    'jobs:3: job 2: unexpected end of the stream within a double quoted scalar (line 4)',
  );
  t.is(
    await refusal('- command: a\n- command: b\n  command: c\n'),
    'jobs:2: job 2: duplicated mapping key (line 3)',
  );
  t.is(
    await refusal('- command: !ruby/object:X a\n'),
    'jobs:1: job 1: unknown scalar tag !<!ruby/object:X>',
  );
  t.is(await refusal('- command: *nothing\n'), 'jobs:1: job 1: unidentified alias "nothing"');
  t.is(await refusal('- just text\n'), 'jobs:1: job 1: expected a map of fields, got "just text"');
  t.is(
    await refusal('---\n- command: a\n- [b]\n'),
    'jobs:3: job 2: expected a map of fields, got a list',
  );
  t.is(await refusal('-\n-\n'), 'jobs:1: job 1: expected a map of fields, got nothing');
  t.is(await refusal('--- text\n'), 'jobs:1: job 1: expected a map of fields, got "text"');
  t.regex(
    await refusal('{"command": "a"}\n{"command": }\n'),
    /^jobs:2: job 2: Unexpected token [^\n]*$/,
  );
  t.is(await refusal('[{"command": "a"},\n'), 'jobs:1: unexpected end of JSON');
  t.is(await refusal('{"command": "a"\n'), 'jobs:1: unexpected end of JSON');
  t.is(
    await refusal('[{"command": "a"}, 3]'),
    'jobs:1: unexpected "3" in JSON, expected an object',
  );
  t.is(
    await refusal('[{"command": "a"}]\nls'),
    'jobs:2: unexpected "l" in JSON, expected an object',
  );
  t.is(await refusal('[{"a": 1}{"a": 2}]'), 'jobs:1: unexpected "{" in JSON, expected an object');
});

test('binary input is refused by its line', async (t) => {
  t.is(await refusal('a\nb\0c\n'), 'jobs:2: binary input, expected UTF-8 text');
  t.is(
    await refusal(Buffer.from('a\n\nb\xff\nc\n', 'latin1')),
    'jobs:3: binary input, expected UTF-8 text',
  );
  t.is(await refusal(Buffer.from('a\nb', 'utf16le')), 'jobs:1: binary input, expected UTF-8 text');
  t.is(await refusal(Buffer.from([0x61, 0x0a, 0xc3])), 'jobs:2: binary input, expected UTF-8 text');
});

test('a line without end is refused before it fills the memory', async (t) => {
  const error = await t.throwsAsync(
    readDocuments(endless(), { source: 'jobs', literal: false }).next(),
    { instanceOf: RqError },
  );
  t.is(error.message, 'jobs:1: longer than 64 MiB');
});

async function* endless(): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(1 << 20, 'x');
  for (;;) yield chunk;
}
