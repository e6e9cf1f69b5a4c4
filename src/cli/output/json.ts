import type { JobField } from '../../domain/job.js';
import { pickFields, type JobFormat } from './job-format.js';

/** One array, a job a line, so that line tools find their way, too. Nulls are kept. */
export function jsonFormat(fields: readonly JobField[]): JobFormat {
  let begun = false;
  return {
    job(job) {
      const before = begun ? ',\n' : '[\n';
      begun = true;
      return before + JSON.stringify(pickFields(job, fields));
    },
    end: () => (begun ? '\n]\n' : '[]\n'),
  };
}

/** An object a line. */
export function jsonLinesFormat(fields: readonly JobField[]): JobFormat {
  return {
    job: (job) => `${JSON.stringify(pickFields(job, fields))}\n`,
    end: () => '',
  };
}
