import { didYouMean } from './closest.js';
import { RqError } from './error.js';
import { type Filter, looksLikeFilter, parseFilter } from './filter.js';
import { JOB_STATES, type JobState } from './state.js';

/** First and last jid, both included. */
export type JidRange = readonly [first: number, last: number];

/** Which jobs are meant. Only `queue/where.ts` turns it into SQL. */
export type JobQuery =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'union'; readonly parts: readonly JobQuery[] }
  | { readonly kind: 'and'; readonly parts: readonly JobQuery[] }
  /**
   * Sorted, without overlap. `named`: jids in wider ranges that were named one by one, sorted; absent
   * if there are none.
   */
  | {
      readonly kind: 'jids';
      readonly ranges: readonly JidRange[];
      readonly named?: readonly number[];
    }
  /** The `count` highest jids of the queue. */
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'states'; readonly states: readonly JobState[] }
  | Filter;

export interface SelectionOptions {
  /** What no words at all mean: nothing for what changes jobs (the default), all for what reads. */
  readonly empty?: 'all' | 'none';
}

/** What an input record or line looks like to `parseJids`. */
export interface JidDocument {
  readonly record: Readonly<Record<string, unknown>>;
  readonly line: number;
}

const JID_WORD = /^\d+$/;
const RANGE_WORD = /^(\d+)(?:-|\.\.)(\d+)$/;
const LAST_WORD = /^last:?(\d+)?$/i;
const WORDS = [...JOB_STATES, 'all', 'last'];

/**
 * The jobs that the words of a command line mean.
 *
 * A word is a comma list of jids (`1,3,5-8`), `last` (`last3`: the last three), states or the first
 * letters of states (`p`, `run`), `all` or `a`; or a filter (`tag=x`, `exit_status!=0`, `elapsed>10m`;
 * several in one word joined by `and`). Words are a union; filters narrow it, or all jobs if there
 * are only filters.
 *
 * @throws RqError `bad-selection`
 */
export function parseSelection(words: readonly string[], options: SelectionOptions = {}): JobQuery {
  const filters: Filter[] = [];
  const selected: JobQuery[] = [];
  for (const word of words.map((text) => text.trim()).filter((text) => text !== '')) {
    if (looksLikeFilter(word))
      filters.push(...splitConditions(word).map((part) => parseFilter(part)));
    else selected.push(...word.split(',').map((piece) => parseWord(piece.trim(), word)));
  }
  if (selected.length === 0 && filters.length === 0) return { kind: options.empty ?? 'none' };
  const parts = selected.length === 0 ? filters : [unionOf(selected), ...filters];
  return andOf(parts);
}

/**
 * The jobs that records on standard input mean: each has a jid, or is a line with a jid, a range or a
 * comma list of them. No records: none.
 *
 * @throws RqError `bad-selection` naming the source and the line.
 */
export async function parseJids(
  documents: AsyncIterable<JidDocument>,
  source: string,
): Promise<JobQuery> {
  const ranges: JidRange[] = [];
  for await (const { record, line } of documents)
    ranges.push(...jidsOf(record, `${source}:${line}`));
  return ranges.length === 0 ? { kind: 'none' } : jidsQuery(ranges);
}

/** The jids that one record or line means; `where` begins the error message. */
export function jidsOf(record: Readonly<Record<string, unknown>>, where: string): JidRange[] {
  const jid = record['jid'] ?? null;
  if (typeof jid === 'number' && Number.isSafeInteger(jid) && jid > 0) return [[jid, jid]];
  const text = typeof jid === 'string' ? jid : jid === null ? record['command'] : null;
  if (typeof text === 'string') {
    const ranges = text.split(/[\s,]+/).map((word) => parseRange(word));
    if (ranges.every((range) => range !== null)) return ranges;
  }
  if (jid !== null) {
    throw new RqError(
      'bad-selection',
      `${where}: jid: expected a whole number, got ${JSON.stringify(jid)}`,
    );
  }
  throw new RqError(
    'bad-selection',
    `${where}: expected a jid, got ${shown(text ?? 'a record without one')}`,
  );
}

/** A query for ranges and single jids that remembers which jids were named one by one. */
function jidsQuery(ranges: readonly JidRange[]): JobQuery {
  const merged = mergeRanges(ranges);
  const alone = new Set(merged.map(([first, last]) => (first === last ? first : 0)));
  const named = ranges.flatMap(([jid, last]) => (jid === last && !alone.has(jid) ? [jid] : []));
  const jids = [...new Set(named)].toSorted((a, b) => a - b);
  return { kind: 'jids', ranges: merged, ...(jids.length === 0 ? {} : { named: jids }) };
}

/**
 * What the user named and is not among `found`: jids named one by one, and ranges of which nothing
 * is there. A range means the jids in it that exist, so a gap in it is not worth a word.
 */
export function missingJids(query: JobQuery, found: ReadonlySet<number>): JidRange[] {
  if (query.kind === 'union') return query.parts.flatMap((part) => missingJids(part, found));
  if (query.kind !== 'jids') return [];
  const named = query.named ?? [];
  const missing: JidRange[] = [];
  let at = 0;
  for (const range of query.ranges) {
    const [first, last] = range;
    const start = at;
    while ((named[at] ?? Infinity) <= last) at += 1;
    const isRange = at - start < last - first + 1;
    if (isRange && !hasAny(found, range)) missing.push(range);
    else for (const jid of named.slice(start, at)) if (!found.has(jid)) missing.push([jid, jid]);
  }
  return missing;
}

function hasAny(found: ReadonlySet<number>, [first, last]: JidRange): boolean {
  if (last - first >= found.size) {
    for (const jid of found) if (first <= jid && jid <= last) return true;
    return false;
  }
  for (let jid = first; jid <= last; jid += 1) if (found.has(jid)) return true;
  return false;
}

/** The same ranges sorted, with neighbours and overlaps joined. */
export function mergeRanges(ranges: readonly JidRange[]): JidRange[] {
  const merged: [number, number][] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1)
      previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** `priority > 3 and state='pending'` was one word of SQL in Ruby Queue. */
function splitConditions(word: string): string[] {
  const parts = word.split(/\s+and\s+/i);
  return parts.every((part) => looksLikeFilter(part)) ? parts : [word];
}

function parseWord(piece: string, word: string): JobQuery {
  const range = parseRange(piece);
  if (range !== null) return { kind: 'jids', ranges: [range] };
  const last = LAST_WORD.exec(piece);
  if (last !== null) return { kind: 'last', count: lastCount(last[1] ?? '1') };
  const lower = piece.toLowerCase();
  if (lower === 'a' || lower === 'all') return { kind: 'all' };
  const state = lower === '' ? undefined : JOB_STATES.find((name) => name.startsWith(lower));
  if (state !== undefined) return { kind: 'states', states: [state] };
  throw new RqError(
    'bad-selection',
    `expected a jid, a state, all, last or field=value, got ${shown(piece === '' ? word : piece)}${didYouMean(piece, WORDS)}`,
  );
}

function parseRange(piece: string): JidRange | null {
  const range = RANGE_WORD.exec(piece);
  if (range === null && !JID_WORD.test(piece)) return null;
  const first = Number(range?.[1] ?? piece);
  const last = Number(range?.[2] ?? piece);
  if (first < 1 || !Number.isSafeInteger(last) || last < first) {
    throw new RqError('bad-selection', `expected jids from 1 up, got ${shown(piece)}`);
  }
  return [first, last];
}

function lastCount(text: string): number {
  const count = Number(text);
  if (count < 1 || !Number.isSafeInteger(count)) {
    throw new RqError('bad-selection', `last: expected a number from 1 up, got ${text}`);
  }
  return count;
}

function unionOf(parts: readonly JobQuery[]): JobQuery {
  if (parts.some((part) => part.kind === 'all')) return { kind: 'all' };
  const ranges = parts.flatMap((part) => (part.kind === 'jids' ? part.ranges : []));
  const named = new Set(parts.flatMap((part) => (part.kind === 'states' ? part.states : [])));
  const counts = parts.flatMap((part) => (part.kind === 'last' ? [part.count] : []));
  const union: JobQuery[] = [];
  if (ranges.length > 0) union.push(jidsQuery(ranges));
  if (named.size > 0)
    union.push({ kind: 'states', states: JOB_STATES.filter((state) => named.has(state)) });
  if (counts.length > 0) union.push({ kind: 'last', count: Math.max(...counts) });
  const [only] = union;
  return union.length === 1 && only !== undefined ? only : { kind: 'union', parts: union };
}

function andOf(parts: readonly JobQuery[]): JobQuery {
  const narrowing = parts.filter((part) => part.kind !== 'all');
  const [only] = narrowing;
  if (only === undefined) return { kind: 'all' };
  return narrowing.length === 1 ? only : { kind: 'and', parts: narrowing };
}

function shown(text: unknown): string {
  const json = JSON.stringify(text) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 56)}..."` : json;
}
