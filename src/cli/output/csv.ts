import type { Job, JobField } from '../../domain/job.js';
import type { JobFormat } from './job-format.js';

/** RFC 4180 with plain line feeds; a header always; null is an empty cell; lists and maps are JSON. */
export function csvFormat(fields: readonly JobField[]): JobFormat {
  let header = `${fields.join(',')}\n`;
  const takeHeader = (): string => {
    const text = header;
    header = '';
    return text;
  };
  return {
    job: (job) => `${takeHeader()}${fields.map((field) => cell(job[field])).join(',')}\n`,
    end: takeHeader,
  };
}

function cell(value: Job[JobField]): string {
  if (value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
