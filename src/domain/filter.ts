import { didYouMean } from './closest.js';
import { RqError } from './error.js';
import { isJobField } from './fields.js';
import { JOB_FIELDS, type JobField } from './job.js';
import { JOB_STATES, isJobState } from './state.js';
import { parseDuration, parseTime } from './time.js';

export const FILTER_OPS = ['=', '!=', '=~', '!~', '<', '>', '<=', '>='] as const;
export type FilterOp = (typeof FILTER_OPS)[number];

/**
 * One condition on a field.
 *
 * `value` has the field's type. Null goes with `=` (is null) and `!=` (is not null) only. With `=~`
 * and `!~` it is the pattern of an SQL `LIKE` whose escape character is the backslash.
 */
export interface Filter {
  readonly kind: 'filter';
  readonly field: JobField;
  readonly op: FilterOp;
  readonly value: string | number | boolean | null;
}

type FieldType = 'whole' | 'seconds' | 'boolean' | 'state' | 'time' | 'list' | 'text';
const FIELD_TYPES: Readonly<Partial<Record<JobField, FieldType>>> = {
  jid: 'whole',
  priority: 'whole',
  pid: 'whole',
  exit_status: 'whole',
  attempt: 'whole',
  max_rss: 'whole',
  elapsed: 'seconds',
  cpu: 'seconds',
  restartable: 'boolean',
  state: 'state',
  submitted: 'time',
  started: 'time',
  finished: 'time',
  argv: 'list',
  env: 'list',
  hosts: 'list',
};

const FILTER = /^\s*([A-Za-z_]\w*)\s*(==|!=|=~|!~|<=|>=|=|<|>)\s*([\s\S]*?)\s*$/;
const NULL_WORD = /^(null|nil|nul|)$/i;
const WHOLE_NUMBER = /^[-+]?\d+$/;

/** Whether a word is written as `key OP value`; the key need not be a field. */
export function looksLikeFilter(word: string): boolean {
  return FILTER.test(word);
}

/**
 * A condition from `key OP value`, with `==` for `=`; blanks around the parts and quotes around the
 * value are dropped. `null`, `nil` or nothing means null.
 *
 * The value of `=~` and `!~` is an SQL LIKE pattern if it has a `%` (as in Ruby Queue); a glob for the
 * whole value if it has `*` or `?`; else a part of the value. Case is ignored.
 *
 * @throws RqError `bad-selection`
 */
export function parseFilter(word: string): Filter {
  const match = FILTER.exec(word);
  if (match === null) {
    throw new RqError('bad-selection', `expected field=value, got ${JSON.stringify(word)}`);
  }
  const [, name = '', sign = '', text = ''] = match;
  const field = name.toLowerCase();
  if (!isJobField(field)) {
    throw new RqError('bad-selection', `no such field: ${name}${didYouMean(name, JOB_FIELDS)}`);
  }
  const op = FILTER_OPS.find((candidate) => candidate === (sign === '==' ? '=' : sign)) ?? '=';
  return { kind: 'filter', field, op, value: parseValue(field, op, text) };
}

/** The LIKE pattern, with backslash as its escape, that `=~` means. */
export function likePattern(text: string): string {
  if (text.includes('%')) return text.replaceAll('\\', '\\\\');
  const escaped = text.replaceAll(/[\\_]/g, '\\$&');
  if (!/[*?]/.test(text)) return `%${escaped}%`;
  return escaped.replaceAll('*', '%').replaceAll('?', '_');
}

function parseValue(field: JobField, op: FilterOp, text: string): string | number | boolean | null {
  const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(text);
  const value = quoted === null ? text : (quoted[1] ?? quoted[2] ?? '');
  const isNull = quoted === null ? NULL_WORD.test(text) : value === '';
  if (op === '=~' || op === '!~') {
    if (value === '')
      throw new RqError('bad-selection', `${field}: expected a pattern after ${op}`);
    return likePattern(value);
  }
  if (isNull) {
    if (op === '=' || op === '!=') return null;
    throw new RqError('bad-selection', `${field}: nothing is ${op} null`);
  }
  return readTyped(field, op, value);
}

function readTyped(field: JobField, op: FilterOp, text: string): string | number | boolean {
  switch (FIELD_TYPES[field] ?? 'text') {
    case 'whole':
      return wholeNumber(field, text);
    case 'seconds':
      return seconds(field, text);
    case 'boolean':
      if (op !== '=' && op !== '!=')
        throw new RqError('bad-selection', `${field}: only = and != fit it`);
      return booleanOf(field, text);
    case 'state':
      return stateOf(field, text);
    case 'time':
      return timeOf(field, text);
    case 'list':
      throw new RqError('bad-selection', `${field}: only =~, !~ and null fit a list`);
    case 'text':
    default:
      return text;
  }
}

function wholeNumber(field: JobField, text: string): number {
  const value = Number(text);
  if (!WHOLE_NUMBER.test(text) || !Number.isSafeInteger(value)) bad(field, 'a whole number', text);
  return value;
}

function seconds(field: JobField, text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    if (!(cause instanceof RqError)) throw cause;
    throw new RqError('bad-selection', `${field}: ${cause.message}`, { cause });
  }
}

function booleanOf(field: JobField, text: string): boolean {
  if (/^(true|yes|on|1|t|y)$/i.test(text)) return true;
  if (!/^(false|no|off|0|f|n)$/i.test(text)) bad(field, 'true or false', text);
  return false;
}

function stateOf(field: JobField, text: string): string {
  const state = text.toLowerCase();
  if (!isJobState(state)) bad(field, `one of ${JOB_STATES.join(', ')}`, text);
  return state;
}

function timeOf(field: JobField, text: string): string {
  return parseTime(text) ?? bad(field, 'a time such as 2026-11-21 or 2026-11-21T20:31:02Z', text);
}

function bad(field: JobField, expected: string, text: string): never {
  throw new RqError('bad-selection', `${field}: expected ${expected}, got ${JSON.stringify(text)}`);
}
