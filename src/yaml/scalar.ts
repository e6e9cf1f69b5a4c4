/**
 * One value as one line of YAML that every loader reads alike.
 *
 * The judges are js-yaml (YAML 1.2), PyYAML (1.1) and Ruby's Psych (1.1 and habits of its own): a
 * string stays plain, for egrep, only where none of the three could take it for anything else.
 * Otherwise it is a JSON string, which YAML reads the same.
 */
export function formatScalar(value: unknown): string {
  if (typeof value === 'string') return formatText(value);
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  // Also undefined: what is not there is null to every reader.
  return 'null';
}

export function formatText(text: string): string {
  return isPlainText(text) ? text : quoteText(text);
}

/** Whether the unquoted text is this string to js-yaml, PyYAML and Psych, as the value of a key or an item. */
export function isPlainText(text: string): boolean {
  if (text.length > MATCHED_LENGTH_MAX || !PLAIN.test(text)) return false;
  if (text.length <= 5 && WORD.test(text)) return false;
  const first = text.charCodeAt(0);
  // Digits, + and the dot: the others cannot begin a number.
  return first > 0x39 || first < 0x2b || !NUMBER_LIKE.test(text);
}

/** JSON's quotes, with everything escaped that some loader refuses or alters; other letters stay readable. */
export function quoteText(text: string): string {
  const quoted = JSON.stringify(text);
  return UNPRINTABLE.test(quoted) ? quoted.replace(UNPRINTABLE_ALL, escapeUnit) : quoted;
}

/** A regular expression with alternatives runs out of stack at some 10 MiB. */
export const MATCHED_LENGTH_MAX = 1 << 20;
/**
 * Printable, not beginning with an indicator, a colon (a symbol to Psych) or a dash, and without a key
 * (`: `), a comment (` #`) or an end that would be lost. Blanks other than the space and characters
 * outside the basic plane are quoted, to be seen for what they are.
 */
const PLAIN =
  /^[A-Za-z0-9_/.$(^;~\\+\u00a1-\u00ac\u00ae-\u167f\u1681-\u1fff](?:[\x21-\x39\x3b-\x7e\u00a1-\u00ac\u00ae-\u167f\u1681-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff]|:(?! |$)| (?![#:]|$))*$/;
/**
 * Anything like a number, a time, a date or a version of them: signs, digits, separators and the
 * letters of hex, octal, exponents and zones.
 */
const NUMBER_LIKE = /^[-+.\d][-+.,:_\da-fA-FoOxXtTzZ ]*$|^[-+]?\.(?:inf|nan)$/i;
/** Null and the booleans of all versions, and the value and merge keys of 1.1. */
const WORD = /^(?:~|null|true|false|yes|no|y|n|on|off|=|<<)$/i;

/** What JSON leaves as it is and YAML does not allow, or breaks lines at, or drops. */
const UNPRINTABLE = /[\x7f-\x9f\u00ad\u2028\u2029\ufeff\ufffe\uffff]|\\ud[89a-f]/;
const UNPRINTABLE_ALL = /(\\\\)|[\x7f-\x9f\u00ad\u2028\u2029\ufeff\ufffe\uffff]|\\ud[89a-f]../g;

function escapeUnit(match: string): string {
  if (match === '\\\\') return match;
  // JSON.stringify escapes only half pairs this way. No UTF-8 file can hold one, Psych refuses the
  // escape, and the database would store the replacement character too.
  if (match.length > 1) return '\ufffd';
  return `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const text = String(value);
  // PyYAML takes 1e+21 for a string: it wants a dot.
  return /^-?\de/.test(text) ? text.replace('e', '.0e') : text;
}
