import { JOB_FIELDS } from '../domain/job.js';
import { isJobField } from '../domain/fields.js';
import { MATCHED_LENGTH_MAX, isPlainText } from './scalar.js';
import { formatFlow } from './write.js';

/** What YAML and JSON both allow between double quotes as it is, and mean by escapes. */
const UNIT = String.raw`[\x20\x21\x23-\x5b\x5d-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\ud800-\udbff][\udc00-\udfff]`;
const ESCAPE = String.raw`\\(?:["\\/bfnrt]|u[\da-fA-F]{4})`;
const SIMPLE_QUOTED = new RegExp(`^"(?:${UNIT})*"$`);
const QUOTED = new RegExp(`^"(?:${UNIT}|${ESCAPE})*"$`);
const QUOTED_LIST = new RegExp(`^\\["(?:${UNIT}|${ESCAPE})*"(?:, "(?:${UNIT}|${ESCAPE})*")*\\]$`);
/** Not -0, which loaders disagree about. */
const NUMBER = /^(?!-0(?:\.0+)?$)-?(?:0|[1-9]\d{0,14})(?:\.\d{1,17})?$/;
const RUBY_FIELD = /^ ([a-z_]+):(?: (.*))?$/;

/** Not a value of this shape: a YAML loader must look. */
const UNSURE = Symbol('unsure');

/** How a line of each field begins. */
const PREFIXES = JOB_FIELDS.map((field) => ({
  field,
  first: `- ${field}:`,
  further: `  ${field}:`,
}));

/**
 * A record as `formatJob` writes it, `- jid: 1` and further fields two blanks in, in their order,
 * read several times faster than by js-yaml; null for whatever is not exactly that, or where js-yaml
 * might differ.
 */
export function parseFlatRecord(lines: readonly string[]): Record<string, unknown> | null {
  const record: Record<string, unknown> = {};
  let next = 0;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    // Looking for the fields in turn is cheaper than cutting a name out, and none can come twice.
    let prefix = PREFIXES[next];
    while (prefix !== undefined && !line.startsWith(index === 0 ? prefix.first : prefix.further)) {
      next += 1;
      prefix = PREFIXES[next];
    }
    if (prefix === undefined) return null;
    next += 1;
    const start = prefix.first.length;
    const value = start === line.length ? null : readValue(line, start);
    if (value === UNSURE) return null;
    record[prefix.field] = value;
  }
  return record;
}

/**
 * A record as Ruby Queue writes it, or null: a dash alone, then fields one blank in, whose values are
 * never quoted. Half of its commands are no YAML (`echo a: b`, `[ -f x ]`) or other YAML than meant
 * (`echo a # b`, `*`), so in this shape, which nothing else writes, a value that is not plainly a
 * number, a boolean, null or quoted is its own text.
 */
export function parseRubyRecord(lines: readonly string[]): Record<string, unknown> | null {
  if (lines[0]?.trimEnd() !== '-' || lines.length < 2) return null;
  const record: Record<string, unknown> = {};
  for (const line of lines.slice(1)) {
    if (line.trim() === '') continue;
    const [, field = '', text = ''] = RUBY_FIELD.exec(line) ?? [];
    if (!isJobField(field) || Object.hasOwn(record, field)) return null;
    const value = text.trim();
    const known = value === '' ? null : readValue(` ${value}`, 0);
    record[field] = known === UNSURE ? value : known;
  }
  return Object.keys(record).length === 0 ? null : record;
}

/** The value after the colon, beginning with its blank at `start`. */
function readValue(line: string, start: number): unknown {
  if (line[start] !== ' ' || line.length > MATCHED_LENGTH_MAX) return UNSURE;
  const text = line.slice(start + 1);
  if (text.startsWith('"')) {
    if (SIMPLE_QUOTED.test(text)) return text.slice(1, -1);
    return QUOTED.test(text) ? JSON.parse(text) : UNSURE;
  }
  if (text.startsWith('[')) return QUOTED_LIST.test(text) ? JSON.parse(text) : UNSURE;
  if (text.startsWith('{')) return readMap(text);
  if (isPlainText(text)) return text;
  if (NUMBER.test(text)) return Number(text);
  if (text === 'true') return true;
  if (text === 'false') return false;
  return text === 'null' ? null : UNSURE;
}

/** Only what the writer would write again letter for letter: so no name twice, no odd blanks. */
function readMap(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return UNSURE;
  }
  if (typeof value !== 'object' || value === null) return UNSURE;
  const pairs = Object.entries(value);
  if (!pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string')) return UNSURE;
  return formatFlow(Object.fromEntries(pairs)) === text ? value : UNSURE;
}
