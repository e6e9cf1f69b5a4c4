import type { JobQuery } from '../domain/selection.js';
import type { JobState } from '../domain/state.js';
import { changeJobs, type ChangeOptions, type Changed } from './change.js';
import type { Queue } from './queue.js';
import type { StoredJob } from './row.js';
import { bump } from './wake.js';

/** Keeps pending and waiting jobs back until they are released. */
export async function holdJobs(
  queue: Queue,
  query: JobQuery,
  options: ChangeOptions = {},
): Promise<Changed> {
  return changeJobs(
    queue,
    query,
    {
      operation: 'hold',
      decide: (stored) => moved(stored, ['pending', 'waiting'], 'holding'),
    },
    options,
  );
}

/** Lets holding jobs run. */
export async function releaseJobs(
  queue: Queue,
  query: JobQuery,
  options: ChangeOptions = {},
): Promise<Changed> {
  return changeJobs(
    queue,
    query,
    {
      operation: 'release',
      decide: (stored) => moved(stored, ['holding'], 'pending'),
      afterCommit: () => bump(queue.paths.wakeWork),
    },
    options,
  );
}

function moved(stored: StoredJob, from: readonly JobState[], to: JobState): StoredJob | string {
  const { job } = stored;
  if (!from.includes(job.state)) return `job ${job.jid} is ${job.state}`;
  return { ...stored, job: { ...job, state: to, reason: null } };
}
