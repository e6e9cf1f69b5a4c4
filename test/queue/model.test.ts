import { deepStrictEqual } from 'node:assert';
import test from 'ava';
import * as fc from 'fast-check';
import { checkHistory, readHistory } from '../fault/history.js';
import { makeQueue } from './make-queue.js';
import { COMMANDS } from './model-commands.js';
import { emptyModel, signOn } from './model.js';

const IS_FULL = process.env['RQ_TEST_FULL'] === '1';
const SEED = Number(process.env['RQ_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

test('whatever happens in whatever order, the queue does what the model says', async (t) => {
  t.timeout(IS_FULL ? 3_600_000 : 300_000);
  t.log(`RQ_TEST_SEED=${SEED}`);
  const property = fc.asyncProperty(
    fc.commands(COMMANDS, { maxCommands: IS_FULL ? 80 : 30, size: 'max' }),
    async (commands) => {
      const endings: (() => unknown)[] = [];
      const queue = makeQueue({ teardown: (ending) => endings.push(ending) });
      try {
        const nodes = [await signOn(queue, 0, 'spool-0'), await signOn(queue, 1, 'spool-1')];
        await fc.asyncModelRun(() => ({ model: emptyModel(), real: { queue, nodes } }), commands);
        deepStrictEqual(checkHistory(readHistory(queue)), []);
      } finally {
        for (const ending of endings) await ending();
      }
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: IS_FULL ? 300 : 25 });
  t.pass();
});
