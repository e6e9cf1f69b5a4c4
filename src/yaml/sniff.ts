import { JOB_FIELDS } from '../domain/job.js';

export type DocumentFormat = 'yaml' | 'json' | 'lines';

/** `---`, `%YAML 1.2`, `- jid: 3` or `-` alone: no command begins like that. */
const YAML_START = /^(?:---(?:\s|$)|%YAML\s|\s*-(?:\s|$))/;
/** A map's first line must begin with a field of a job: `echo: a` may well be a command. */
const YAML_FIELD = new RegExp(`^["']?(?:${JOB_FIELDS.join('|')})["']?\\s*:(?:\\s|$)`);
/**
 * The start of a JSON object or array of objects. `{ "a b"; }` and `[ -f x ] && y` are commands: a
 * brace needs a key, a bracket a brace, its end or the end of the line.
 */
const JSON_START = /^\s*(?:\{\s*(?:"(?:[^"\\]|\\.)*"\s*(?::|$)|\}|$)|\[\s*(?:\{|\]\s*$|$))/;

/** What a document is, by its first line that is neither blank nor a comment. */
export function sniffFormat(line: string): DocumentFormat {
  if (YAML_START.test(line) || YAML_FIELD.test(line.trimStart())) return 'yaml';
  return JSON_START.test(line) ? 'json' : 'lines';
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}

export function isComment(line: string): boolean {
  return /^\s*#/.test(line);
}
