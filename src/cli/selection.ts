import type { Readable } from 'node:stream';
import { looksLikeFilter } from '../domain/filter.js';
import { missingJids, parseJids, parseSelection, type JobQuery } from '../domain/selection.js';
import { readInputFile } from './input-file.js';

export interface SelectionInput {
  readonly words: readonly string[];
  /** Where `-` reads jids from; null without a `-`. */
  readonly stdin: (() => Readable) | null;
  /** `--infile`. */
  readonly infile?: string | null | undefined;
  /** What no words and no input mean. */
  readonly empty: 'all' | 'none';
}

/**
 * The jobs that the words of a command line and the records on its input mean: jids, states and
 * input add up, filters narrow the sum. Empty input adds nothing: it never means all jobs.
 *
 * @throws RqError `bad-selection`, `bad-document`
 */
export async function readSelection(input: SelectionInput): Promise<JobQuery> {
  const { stdin, infile, empty } = input;
  const filters = input.words.filter((word) => looksLikeFilter(word));
  const words = input.words.filter((word) => !looksLikeFilter(word));
  const parts: JobQuery[] = [];
  if (words.length > 0) parts.push(parseSelection(words));
  if (infile != null) parts.push(await readJids(readInputFile(infile), infile));
  if (stdin !== null) parts.push(await readJids(stdin(), 'stdin'));
  const given = parts.filter((part) => part.kind !== 'none');
  if (parts.length === 0) return parseSelection(filters, { empty });
  const [only] = given;
  if (only === undefined) return { kind: 'none' };
  const sum: JobQuery = given.length === 1 ? only : { kind: 'union', parts: given };
  return filters.length === 0 ? sum : { kind: 'and', parts: [sum, parseSelection(filters)] };
}

/** What the user named first and is not there, as he would write it: `4`, `3-5`; null if nothing. */
export function missingJid(query: JobQuery, found: ReadonlySet<number>): string | null {
  const [missing] = missingJids(query, found);
  if (missing === undefined) return null;
  const [first, last] = missing;
  return first === last ? String(first) : `${first}-${last}`;
}

async function readJids(stream: AsyncIterable<Buffer | string>, source: string): Promise<JobQuery> {
  const { readDocuments } = await import('../yaml/read.js');
  return parseJids(readDocuments(stream, { source, literal: false }), source);
}
