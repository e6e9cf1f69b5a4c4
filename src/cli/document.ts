import { RqError } from '../domain/error.js';

/**
 * Text of an answer that is not a list of jobs: `status`, `create`, `pid`.
 *
 * @throws RqError `usage` for a format that only lists of jobs have
 */
export async function formatAnswer(
  value: Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[],
  output: string | undefined,
): Promise<string> {
  if (output === undefined || output === 'yaml') {
    const { formatDocument } = await import('../yaml/write.js');
    return formatDocument(value);
  }
  if (output === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  if (output === 'jsonl') return `${JSON.stringify(value)}\n`;
  throw new RqError('usage', `--output: expected yaml, json or jsonl, got "${output}"`);
}
