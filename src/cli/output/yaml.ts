import type { JobField } from '../../domain/job.js';
import { formatJob } from '../../yaml/write.js';
import type { JobFormat } from './job-format.js';

export function yamlFormat(fields: readonly JobField[]): JobFormat {
  let begun = false;
  return {
    job(job) {
      const before = begun ? '' : '---\n';
      begun = true;
      return before + formatJob(job, fields);
    },
    end: () => (begun ? '' : '--- []\n'),
  };
}
