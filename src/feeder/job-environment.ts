import { join } from 'node:path';
import { JOB_FIELDS, type Job } from '../domain/job.js';
import { formatJob } from '../yaml/write.js';

/** Longer values are left out of the environment: the kernel refuses strings over 128 KiB at exec. */
const VALUE_BYTES_MAX = 100 * 1024;
const PATH_FIELDS: ReadonlySet<string> = new Set(['stdin', 'stdout', 'stderr', 'data']);

/**
 * The variables that a job finds: RQ (the queue), one RQ_<FIELD> per field, RQ_JOB (the record as YAML),
 * RQ_JOB_FILE (a file with the same, whatever its length), RQ_TOKEN (names this attempt for good), and
 * what its submitter asked to be passed on.
 */
export function jobEnvironment(
  job: Job,
  place: { readonly queue: string; readonly jobFile: string; readonly token: string },
): Record<string, string> {
  const variables: Record<string, string> = {
    ...job.env,
    RQ: place.queue,
    RQ_TOKEN: place.token,
    RQ_PID: String(job.pid),
    RQ_JOB_FILE: place.jobFile,
  };
  for (const field of JOB_FIELDS) {
    variables[`RQ_${field.toUpperCase()}`] = fieldText(job, field, place.queue);
  }
  variables['RQ_JOB'] = formatJob(job);
  return Object.fromEntries(
    Object.entries(variables).filter(([, value]) => Buffer.byteLength(value) <= VALUE_BYTES_MAX),
  );
}

function fieldText(job: Job, field: keyof Job, queue: string): string {
  const value = job[field];
  if (value === null) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  return PATH_FIELDS.has(field) ? join(queue, String(value)) : String(value);
}
