import type { Job, NewJob } from '../domain/job.js';
import { RqError } from '../domain/error.js';
import { faultPoint } from '../fault.js';
import { uptimeMs } from '../host/uptime.js';
import { finishUploads, removeUnnamed, removeUpload, uploadedJob, uploadInputs } from './inputs.js';
import { insertJobs } from './insert.js';
import type { Queue } from './queue.js';
import { bump } from './wake.js';

/** Jobs of one transaction. Callers with more submit chunk by chunk, each acknowledged as it commits. */
export const SUBMIT_CHUNK = 100_000;
/** From this size a transaction may outlast a beat of the lease. */
export const LONG_TRANSACTION_JOBS = 5_000;
/** Housekeeping removes uploads that nobody names after a day; a submit that waited nearly so long gives up. */
const UPLOAD_AGE_MS_MAX = 12 * 3_600_000;

/**
 * Adds jobs with consecutive jids, all or none, and returns them as stored.
 *
 * Inputs are copied before the transaction, so that the lease is not held meanwhile, and get their
 * final names after it. A crash in between leaves files that housekeeping removes, or a row whose
 * inputs the claimer renames.
 *
 * @throws RqError `bad-document` for inputs that cannot be read, and what `Queue.write` throws
 */
export async function submitJobs(queue: Queue, jobs: readonly NewJob[]): Promise<Job[]> {
  if (jobs.length > SUBMIT_CHUNK) throw new Error(`submitJobs: more than ${SUBMIT_CHUNK} jobs`);
  if (jobs.length === 0) return [];
  const begunMs = uptimeMs();
  const uploads = uploadAll(queue, jobs);
  try {
    return await queue.write(
      'submit',
      (tx) => {
        if (uptimeMs() - begunMs > UPLOAD_AGE_MS_MAX) {
          throw new RqError('timeout', 'the jobs waited too long for the queue: submit them again');
        }
        const stored = insertJobs(tx, jobs, uploads);
        tx.afterCommit(() => bump(queue.paths.wakeWork));
        if (uploads.length > 0) {
          tx.afterCommit(() => {
            finishUploads(queue, stored.map(uploadedJob));
            faultPoint('inputs-renamed');
          });
        }
        return stored.map(({ job }) => job);
      },
      { long: jobs.length >= LONG_TRANSACTION_JOBS },
    );
  } catch (error) {
    removeUnnamed(queue, uploads);
    throw error;
  }
}

/** One name a job, null for a job without inputs; empty when no job has any. */
function uploadAll(queue: Queue, jobs: readonly NewJob[]): (string | null)[] {
  if (jobs.every(({ stdinFile, dataPath }) => stdinFile === null && dataPath === null)) return [];
  const uploads: (string | null)[] = [];
  try {
    for (const job of jobs) uploads.push(uploadInputs(queue, job));
  } catch (error) {
    for (const name of uploads) if (name !== null) removeUpload(queue, name);
    throw error;
  }
  faultPoint('inputs-uploaded');
  return uploads;
}
