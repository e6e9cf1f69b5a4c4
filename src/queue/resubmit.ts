import type { Job, NewJob } from '../domain/job.js';
import type { JobQuery } from '../domain/selection.js';
import { changeJobs, type ChangeContext, type ChangeOptions, type Changed } from './change.js';
import type { Operation } from './events.js';
import type { Queue } from './queue.js';
import type { StoredJob } from './row.js';
import { bump } from './wake.js';

/** What a job may get new when it is submitted again. `stdinFile`: null takes the stdin away. */
export type ResubmitOverrides = Partial<
  Pick<NewJob, 'priority' | 'tag' | 'restartable' | 'hosts' | 'staged'>
> & { readonly stdinFile?: string | null };

/** What a job has from a run, as it is before its first. */
export const NEVER_RUN = {
  started: null,
  finished: null,
  elapsed: null,
  runner: null,
  stdout: null,
  stderr: null,
  pid: null,
  exit_status: null,
  signal: null,
  reason: null,
  node: null,
  cpu: null,
  max_rss: null,
} as const satisfies Partial<Job>;

/**
 * Puts jobs back to pending under the same jid, as if submitted now from this host; their owner and
 * the number of their last attempt stay. Running jobs are skipped, and jobs only presumed dead
 * unless forced: those may still run.
 */
export async function resubmitJobs(
  queue: Queue,
  query: JobQuery,
  overrides: ResubmitOverrides = {},
  options: ChangeOptions = {},
): Promise<Changed> {
  return submitAgain(
    queue,
    query,
    { operation: 'resubmit', overrides, refuse: () => null },
    options,
  );
}

/** Resubmits jobs that failed: finished with another exit status than 0 or by a signal, or dead. */
export async function retryJobs(
  queue: Queue,
  query: JobQuery,
  overrides: ResubmitOverrides = {},
  options: ChangeOptions = {},
): Promise<Changed> {
  return submitAgain(
    queue,
    query,
    { operation: 'retry', overrides, refuse: refuseUnfailed },
    options,
  );
}

interface Again {
  readonly operation: Operation;
  readonly overrides: ResubmitOverrides;
  readonly refuse: (job: Job) => string | null;
}

function submitAgain(
  queue: Queue,
  query: JobQuery,
  { operation, overrides, refuse }: Again,
  options: ChangeOptions,
): Promise<Changed> {
  const { stdinFile, staged, ...fields } = overrides;
  const decide = (stored: StoredJob, context: ChangeContext): StoredJob | string => {
    const { job } = stored;
    const refusal = refuse(job) ?? refuseAlive(stored, options.force === true);
    if (refusal !== null) return refusal;
    const state = staged === true ? 'holding' : 'pending';
    const fresh = { state, submitted: context.now, submitter: context.actor.host } as const;
    return { ...stored, presumed: false, job: { ...job, ...NEVER_RUN, ...fresh, ...fields } };
  };
  return changeJobs(
    queue,
    query,
    {
      operation,
      decide,
      ...(stdinFile === undefined ? {} : { stdinFile }),
      afterCommit: () => bump(queue.paths.wakeWork),
    },
    options,
  );
}

/** Why a job that runs, or may run, must be left alone; null if it surely does not. */
export function refuseAlive({ job, presumed }: StoredJob, force: boolean): string | null {
  if (job.state === 'running') return `job ${job.jid} is running`;
  if (presumed && !force) {
    return `job ${job.jid} is only presumed dead: it may still run on ${job.runner ?? 'its node'}; --force if it does not`;
  }
  return null;
}

function refuseUnfailed(job: Job): string | null {
  const failed = job.state === 'finished' && job.exit_status !== 0;
  if (failed || job.state === 'dead') return null;
  return job.state === 'finished' ? `job ${job.jid} succeeded` : `job ${job.jid} is ${job.state}`;
}
