import { RqError } from '../../domain/error.js';
import { JOB_FIELDS } from '../../domain/job.js';
import { csvFormat } from './csv.js';
import type { FormatOptions, JobFormat } from './job-format.js';
import { jsonFormat, jsonLinesFormat } from './json.js';
import { tableFormat } from './table.js';

export const FORMATS = ['yaml', 'json', 'jsonl', 'csv', 'table', 'ids'] as const;
export type FormatName = (typeof FORMATS)[number];

/** @throws RqError `usage` */
export function formatOf(word: string | undefined): FormatName {
  const name = FORMATS.find((format) => format === (word ?? 'yaml'));
  if (name !== undefined) return name;
  throw new RqError('usage', `--output: expected one of ${FORMATS.join(', ')}, got "${word}"`);
}

export async function jobFormat(name: FormatName, options: FormatOptions): Promise<JobFormat> {
  const fields = options.fields ?? JOB_FIELDS;
  switch (name) {
    case 'yaml': {
      const { yamlFormat } = await import('./yaml.js');
      return yamlFormat(fields);
    }
    case 'json':
      return jsonFormat(fields);
    case 'jsonl':
      return jsonLinesFormat(fields);
    case 'csv':
      return csvFormat(fields);
    case 'table':
      return tableFormat(options);
    case 'ids':
      return { job: ({ jid }) => `${jid}\n`, end: () => '' };
  }
}
