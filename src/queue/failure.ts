import { RqError, systemCode, type ErrorCode } from '../domain/error.js';
import { explainFileError } from '../domain/file-error.js';

/** SQLite results that mean "somebody else is at it": give way and try again. */
export function isBusy(error: unknown): boolean {
  const code = systemCode(error);
  return code !== null && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'));
}

/** A reader met a journal that a crashed writer left; only a writer may play it back. */
export function needsRollback(error: unknown): boolean {
  return systemCode(error) === 'SQLITE_READONLY_ROLLBACK';
}

/** By the beginning of the code: SQLite's may be an extended one (SQLITE_IOERR_FSYNC). */
const MEANINGS: readonly (readonly [prefix: string, ErrorCode, string])[] = [
  ['SQLITE_FULL', 'no-space', 'no space left (disk or quota), nothing was changed:'],
  ['SQLITE_READONLY', 'read-only', 'cannot be written here:'],
  ['SQLITE_PERM', 'no-permission', 'no permission for'],
  ['SQLITE_CANTOPEN', 'no-permission', 'cannot open the database in'],
  ['SQLITE_CORRUPT', 'queue-damaged', 'damaged: the database in'],
  ['SQLITE_NOTADB', 'queue-damaged', 'damaged: the database in'],
  ['SQLITE_IOERR', 'queue-away', 'the file system gives errors in'],
  // It was there when it was opened.
  ['ENOENT', 'queue-not-found', 'the queue is gone:'],
];

/** Turns what SQLite and the file system say into what a user can act on; anything else stays as it is. */
export function explainFailure(error: unknown, directory: string): unknown {
  if (error instanceof RqError) return error;
  const code = systemCode(error) ?? '';
  const meaning = MEANINGS.find(([prefix]) => code.startsWith(prefix));
  if (meaning === undefined) return explainFileError(error, directory);
  const [, kind, words] = meaning;
  return new RqError(kind, `${words} ${directory}`, { cause: error });
}
