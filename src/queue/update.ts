import type { Job, NewJob } from '../domain/job.js';
import type { JobQuery } from '../domain/selection.js';
import { quoteShellWords } from '../domain/shell-words.js';
import type { JobState } from '../domain/state.js';
import { changeJobs, type ChangeOptions, type Changed } from './change.js';
import type { Queue } from './queue.js';
import type { StoredJob } from './row.js';
import { bump } from './wake.js';

type Field =
  | 'priority'
  | 'command'
  | 'argv'
  | 'tag'
  | 'hosts'
  | 'restartable'
  | 'cwd'
  | 'shell'
  | 'env'
  | 'lane';

/** What may be changed of a job before it runs. `stdinFile`: null takes the stdin away. */
export type JobChanges = Partial<Pick<NewJob, Field>> & {
  readonly state?: 'pending' | 'holding';
  readonly stdinFile?: string | null;
};

const CHANGEABLE: readonly JobState[] = ['pending', 'holding', 'waiting'];

/** Changes fields of jobs that are pending, holding or waiting; others are skipped. */
export async function updateJobs(
  queue: Queue,
  query: JobQuery,
  changes: JobChanges,
  options: ChangeOptions = {},
): Promise<Changed> {
  const { stdinFile } = changes;
  return changeJobs(
    queue,
    query,
    {
      operation: 'update',
      decide: (stored) => updated(stored, changes),
      ...(stdinFile === undefined ? {} : { stdinFile }),
      afterCommit: () => bump(queue.paths.wakeWork),
    },
    options,
  );
}

function updated(stored: StoredJob, changes: JobChanges): StoredJob | string {
  const { job } = stored;
  if (!CHANGEABLE.includes(job.state)) return `job ${job.jid} is ${job.state}`;
  const { stdinFile: _, ...fields } = changes;
  return {
    ...stored,
    job: { ...job, ...fields, ...commandOf(changes), reason: reasonOf(job, changes) },
  };
}

/** `command` and `argv` say the same thing twice: a change of one is a change of both. */
function commandOf({ command, argv }: JobChanges): Partial<Pick<Job, 'command' | 'argv'>> {
  if (argv !== undefined && argv !== null)
    return { argv, command: command ?? quoteShellWords(argv) };
  return command === undefined ? {} : { command, argv: null };
}

/** A reason explains the state; it goes with it. */
function reasonOf(job: Job, { state }: JobChanges): string | null {
  return state === undefined || state === job.state ? job.reason : null;
}
