import type { Job, JobField } from '../../domain/job.js';

/** Turns a stream of jobs into text, piece by piece. */
export interface JobFormat {
  job(job: Job): string;
  /** What is still due after the last job; also the whole of an empty list. */
  end(): string;
}

export interface FormatOptions {
  /** null: the format's own choice. */
  readonly fields: readonly JobField[] | null;
  /** Width of the terminal, or null when the output goes elsewhere. */
  readonly columns: number | null;
}

/** The job with these fields only, in this order. */
export function pickFields(job: Job, fields: readonly JobField[]): Partial<Job> {
  return Object.fromEntries(fields.map((field) => [field, job[field]]));
}
