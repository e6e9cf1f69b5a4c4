import { didYouMean } from './closest.js';
import { RqError } from './error.js';
import { JOB_FIELDS, type JobField } from './job.js';

const PREFIX = /^[A-Za-z0-9_-]+$/;

/**
 * The fields that a `--fields` list means, in the order in which they are always written.
 *
 * As in Ruby Queue each word of the comma list is a prefix without regard to case (`st`: state,
 * started, stdin, stdout, stderr), or, if it has any character beyond letters, digits, `_` and `-`, a
 * regular expression (`.*ed$`).
 *
 * @throws RqError `usage` when a word fits no field or is no regular expression.
 */
export function selectFields(spec: string): JobField[] {
  const words = spec.split(',').map((word) => word.trim());
  const chosen = new Set(words.filter((word) => word !== '').flatMap((word) => fieldsOf(word)));
  if (chosen.size === 0) throw new RqError('usage', 'expected names of fields, got none');
  return JOB_FIELDS.filter((field) => chosen.has(field));
}

export function isJobField(word: string): word is JobField {
  return FIELD_SET.has(word);
}

const FIELD_SET: ReadonlySet<string> = new Set(JOB_FIELDS);

function fieldsOf(word: string): JobField[] {
  const matches = PREFIX.test(word) ? prefixTest(word) : regexpTest(word);
  const found = JOB_FIELDS.filter((field) => matches(field));
  if (found.length === 0) {
    throw new RqError(
      'usage',
      `no field fits ${JSON.stringify(word)}${didYouMean(word, JOB_FIELDS)}`,
    );
  }
  return found;
}

function prefixTest(word: string): (field: string) => boolean {
  const prefix = word.toLowerCase();
  return (field) => field.startsWith(prefix);
}

function regexpTest(word: string): (field: string) => boolean {
  try {
    const regexp = new RegExp(word, 'i');
    return (field) => regexp.test(field);
  } catch (cause) {
    throw new RqError('usage', `${JSON.stringify(word)} is no regular expression`, { cause });
  }
}
