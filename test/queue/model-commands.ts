import { deepStrictEqual } from 'node:assert';
import * as fc from 'fast-check';
import type { JobQuery } from '../../src/domain/selection.js';
import type { Changed } from '../../src/queue/change.js';
import { deleteJobs } from '../../src/queue/delete.js';
import { holdJobs, releaseJobs } from '../../src/queue/hold.js';
import type { Queue } from '../../src/queue/queue.js';
import { resubmitJobs, retryJobs } from '../../src/queue/resubmit.js';
import { submit } from './make-queue.js';
import { claiming, exiting, going, settling, stopping, takingOver } from './model-node-commands.js';
import { command, type Command, type Model, type ModelJob } from './model.js';

const submitting = fc
  .array(
    fc.record({
      priority: fc.integer({ min: -1, max: 1 }),
      restartable: fc.boolean(),
      staged: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((jobs) =>
    command(`submit ${JSON.stringify(jobs)}`, async (model, { queue }) => {
      await submit(queue, ...jobs);
      for (const { priority, restartable, staged } of jobs) {
        model.lastJid += 1;
        model.jobs.set(model.lastJid, {
          jid: model.lastJid,
          state: staged ? 'holding' : 'pending',
          priority,
          restartable,
          attempt: 0,
          exit_status: null,
          signal: null,
        });
      }
    }),
  );

const someJids = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 });

/** An operation on chosen jobs: `may` says which of them it takes, `change` what it makes of those. */
function changing(
  name: string,
  run: (queue: Queue, query: JobQuery) => Promise<Changed>,
  may: (job: ModelJob) => boolean,
  change: (model: Model, job: ModelJob) => void,
): fc.Arbitrary<Command> {
  return someJids.map((jids) =>
    command(`${name} ${jids.join()}`, async (model, { queue }) => {
      const sorted = jids.toSorted((a, b) => a - b);
      const expected = sorted.filter((jid) => {
        const job = model.jobs.get(jid);
        return job !== undefined && may(job);
      });
      const { jobs, skipped } = await run(queue, {
        kind: 'jids',
        ranges: sorted.map((jid) => [jid, jid]),
      });
      deepStrictEqual(
        jobs.map(({ jid }) => jid),
        expected,
      );
      deepStrictEqual(
        skipped.map(({ jid }) => jid),
        sorted.filter((jid) => !expected.includes(jid)),
      );
      for (const jid of expected) {
        const job = model.jobs.get(jid);
        if (job !== undefined) change(model, job);
      }
    }),
  );
}

function startAnew(_model: Model, job: ModelJob): void {
  Object.assign(job, { state: 'pending', exit_status: null, signal: null });
}

const isIdle = ({ state }: ModelJob): boolean => state !== 'running';
const hasFailed = ({ state, exit_status }: ModelJob): boolean =>
  state === 'dead' || (state === 'finished' && exit_status !== 0);

/** Everything that can happen to a queue of two nodes, in any order. */
export const COMMANDS: fc.Arbitrary<Command>[] = [
  submitting,
  claiming,
  claiming,
  going,
  exiting,
  settling,
  settling,
  stopping,
  takingOver,
  changing(
    'hold',
    holdJobs,
    ({ state }) => state === 'pending',
    (_, job) => (job.state = 'holding'),
  ),
  changing('release', releaseJobs, ({ state }) => state === 'holding', startAnew),
  changing('resubmit', resubmitJobs, isIdle, startAnew),
  changing('retry', retryJobs, hasFailed, startAnew),
  changing('delete', deleteJobs, isIdle, (model, job) => {
    model.jobs.delete(job.jid);
    model.trash.push(job.jid);
  }),
];
