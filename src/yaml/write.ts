import { JOB_FIELDS, type Job, type JobField } from '../domain/job.js';
import { formatScalar, quoteText } from './scalar.js';

export { formatScalar } from './scalar.js';

export const YAML_HEADER = '---\n';
/** The whole document when there is no job. */
export const YAML_NO_JOBS = '--- []\n';

/** From here on one-line keys are refused by loaders (1024 characters) and must be marked by `?`. */
const SIMPLE_KEY_LENGTH_MAX = 1000;
/** Maps of one scalar are written on one line from this depth on: `min: {7: 00h00m03.49s}`. */
const INLINE_DEPTH_MIN = 3;

/**
 * One job as an item of a list: `- jid: 1`, then a line a field, two blanks in, with a line feed at
 * its end. A null field has nothing after its colon, which egrep users of Ruby Queue know.
 */
export function formatJob(job: Job, fields: readonly JobField[] = JOB_FIELDS): string {
  let text = '';
  for (const field of fields) {
    text += `${text === '' ? '- ' : '  '}${field}:`;
    const value = job[field];
    if (value !== null)
      text += ` ${typeof value === 'object' ? formatFlow(value) : formatScalar(value)}`;
    text += '\n';
  }
  return text;
}

/** Texts as a list or a map on one line: `["a", "b c"]`, `{"HOME": "/home/a"}`. */
export function formatFlow(value: readonly string[] | Readonly<Record<string, string>>): string {
  if (isList(value)) return `[${value.map((item) => quoteText(item)).join(', ')}]`;
  const pairs = Object.entries(value).map(([name, item]) => {
    const mark = name.length > SIMPLE_KEY_LENGTH_MAX ? '? ' : '';
    return `${mark}${quoteText(name)}: ${quoteText(item)}`;
  });
  return `{${pairs.join(', ')}}`;
}

/**
 * A document of nested plain objects, arrays and scalars, in blocks, with its `---`. Keys of whole
 * numbers stay numbers to loaders that have such keys.
 */
export function formatDocument(value: unknown): string {
  if (isEmpty(value) || !isCollection(value)) return `--- ${formatLeaf(value)}\n`;
  return `${YAML_HEADER}${formatBlock(value, '', 0)}`;
}

function formatBlock(value: object, indent: string, depth: number): string {
  if (Array.isArray(value)) {
    return value
      .map((item: unknown) => `${indent}- ${formatItem(item, indent, depth + 1)}`)
      .join('');
  }
  return Object.entries(value)
    .map(
      ([key, item]: [string, unknown]) =>
        `${indent}${formatKey(key, indent)}:${formatValue(item, indent, depth + 1)}`,
    )
    .join('');
}

/** What follows `- `: a map or list begins on the same line. */
function formatItem(item: unknown, indent: string, depth: number): string {
  if (!isCollection(item) || isEmpty(item)) return `${formatLeaf(item)}\n`;
  return formatBlock(item, `${indent}  `, depth).slice(indent.length + 2);
}

/** What follows `key:`. */
function formatValue(item: unknown, indent: string, depth: number): string {
  if (!isCollection(item))
    return item === null || item === undefined ? '\n' : ` ${formatScalar(item)}\n`;
  if (isEmpty(item)) return ` ${formatLeaf(item)}\n`;
  const inline = depth >= INLINE_DEPTH_MIN ? formatInline(item) : null;
  return inline === null ? `\n${formatBlock(item, `${indent}  `, depth)}` : ` ${inline}\n`;
}

/** `{7: 00h00m03.49s}` for a map of one scalar, else null. */
function formatInline(map: object): string | null {
  if (Array.isArray(map)) return null;
  const pairs: [string, unknown][] = Object.entries(map);
  const [pair] = pairs;
  if (pair === undefined || pairs.length > 1 || isCollection(pair[1])) return null;
  const [key, value] = pair;
  if (key.length > SIMPLE_KEY_LENGTH_MAX) return null;
  return `{${flowText(key, formatKey(key, ''))}: ${flowText(value, formatScalar(value))}}`;
}

/** The text as it may stand within braces, where `,` and brackets end a plain one. */
function flowText(value: unknown, text: string): string {
  return typeof value === 'string' && /^[^"].*[,[\]{}]/.test(text) ? quoteText(value) : text;
}

function formatKey(key: string, indent: string): string {
  const text = /^(?:0|[1-9]\d{0,14})$/.test(key) ? key : formatScalar(key);
  return text.length > SIMPLE_KEY_LENGTH_MAX ? `? ${text}\n${indent}` : text;
}

function formatLeaf(value: unknown): string {
  if (!isCollection(value)) return formatScalar(value);
  return Array.isArray(value) ? '[]' : '{}';
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isEmpty(value: unknown): boolean {
  return isCollection(value) && Object.keys(value).length === 0;
}

/** Array.isArray does not narrow readonly arrays. */
function isList(
  value: readonly string[] | Readonly<Record<string, string>>,
): value is readonly string[] {
  return Array.isArray(value);
}
