import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import * as fc from 'fast-check';
import { load } from 'js-yaml';
import { YAML_HEADER, formatJob } from '../../src/yaml/write.js';
import { sampleJob } from './corpus.js';
import { records, refusal } from './reading.js';

test('a command of a mebibyte is read', async (t) => {
  const command = 'x'.repeat(1 << 20);
  t.deepEqual(await records(`${command}\n`, { size: 65_536 }), [{ command }]);
  t.deepEqual(await records(formatJob(sampleJob({ command })), { size: 65_536 }), [
    sampleJob({ command }),
  ]);
});

test('texts far beyond what any command may be are no defect', async (t) => {
  for (const unit of ['x', '"a": b\n']) {
    const job = sampleJob({ command: unit.repeat((12 << 20) / unit.length) });
    const [found] = await records(formatJob(job), { size: 1 << 20 });
    t.true(isDeepStrictEqual(found, job));
  }
});

test('text that is nearly what the writer writes is read as by js-yaml, or refused by both', async (t) => {
  const pieces = `"|'|\\|\\u0041|\\ud83d|\\x41|\\/| |  |#| #|: |:|-|- |[|]|{|}|,|0|1|42|.|5|e3|-0|0x1|0o7|_|a|true|null|~|é|😀|&a |*a|!x|>|?`;
  const more = [
    '|',
    '\t',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\r',
    '\n',
    '\n   ',
    '\n  tag: ',
    '["a"]',
    '["a", "b"]',
    '{"A": "b"}',
    '{"A": "b", "A": "c"}',
  ];
  const piece = fc.constantFrom(...pieces.split('|'), ...more);
  const value = fc.array(piece, { maxLength: 5 }).map((chosen) => chosen.join(''));
  await fc.assert(
    fc.asyncProperty(value, value, async (first, second) => {
      const text = `- jid: 3\n  command: ${first}\n  reason:${second}\n`;
      const expected = loadMaps(text);
      if (expected === null) t.not(await refusal(text), 'nothing refused', JSON.stringify(text));
      else t.deepEqual(await records(text), expected, JSON.stringify(text));
    }),
    { numRuns: 1500 },
  );
});

test('any job survives writing and reading', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  const job = fc.record({
    jid: fc.integer({ min: 1 }),
    priority: fc.maxSafeInteger(),
    elapsed: fc.option(fc.double({ noDefaultInfinity: true, noNaN: true, min: 0 })),
    tag: fc.option(text),
    command: text,
    restartable: fc.boolean(),
    argv: fc.option(fc.array(text, { minLength: 1, maxLength: 3 })),
    env: fc.option(fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true })),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(job, { maxLength: 4 }),
      fc.integer({ min: 1, max: 50 }),
      async (changes, size) => {
        const written = changes.map((change) => sampleJob(change));
        const yaml = YAML_HEADER + written.map((one) => formatJob(one)).join('');
        t.deepEqual(await records(yaml, { size }), written);
        const json = written.map((one) => JSON.stringify(one)).join('\n');
        t.deepEqual(await records(json, { size }), written);
      },
    ),
    { numRuns: 300 },
  );
});

/** What js-yaml loads, if it is a list of maps. */
function loadMaps(text: string): unknown[] | null {
  try {
    const value = load(text);
    return Array.isArray(value) && value.every((item) => isMap(item)) ? value : null;
  } catch {
    return null;
  }
}

function isMap(item: unknown): boolean {
  return typeof item === 'object' && item !== null && !Array.isArray(item);
}
