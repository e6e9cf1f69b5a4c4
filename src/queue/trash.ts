import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../domain/error.js';
import type { Job } from '../domain/job.js';
import { setDirectoryMode } from './modes.js';
import type { Queue } from './queue.js';

/** What of a job says which files it can have. */
export type TrashedJob = Pick<Job, 'jid' | 'stdin' | 'data' | 'attempt'>;

type Place = Pick<Queue, 'paths' | 'directoryMode'>;

/** Directories of the queue that hold a file or directory named after the jid. */
const JOB_FILES = ['stdin', 'data', 'stdout', 'stderr'] as const;

/**
 * Moves the files of a deleted job to `trash/JID`. May be repeated: what was moved already stays so.
 * What cannot be moved now stays where it is; housekeeping tries again.
 */
export function moveToTrash(queue: Place, job: TrashedJob): void {
  const names = JOB_FILES.filter((name) => {
    // A resubmitted job's row names no output, but that of its last run is still there.
    if (name === 'stdout' || name === 'stderr') return job.attempt > 0;
    return job[name] !== null;
  });
  if (names.length === 0) return;
  const place = join(queue.paths.trash, String(job.jid));
  tolerate(() => {
    mkdirSync(place, 0o700);
    setDirectoryMode(queue, place);
  });
  for (const name of names) {
    tolerate(() => renameSync(join(queue.paths[name], String(job.jid)), join(place, name)));
  }
}

/** Removes every file of a job whose time in the trash is over, also what never got there. */
export function removeTrashed({ paths }: Pick<Place, 'paths'>, jid: number): void {
  for (const name of ['trash', ...JOB_FILES] as const) {
    tolerate(() => rmSync(join(paths[name], String(jid)), { recursive: true, force: true }));
  }
}

/** The jids that have a directory in the trash. */
export function trashedFiles({ paths }: Pick<Place, 'paths'>): number[] {
  return readdirSync(paths.trash)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** One job's files that are gone, there already or another user's must not hold up the next job's. */
function tolerate(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (systemCode(error) === null) throw error;
  }
}
