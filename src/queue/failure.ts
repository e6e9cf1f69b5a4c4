import { RqError, systemCode } from '../domain/error.js';

/** SQLite results that mean "somebody else is at it": give way and try again. */
export function isBusy(error: unknown): boolean {
  const code = systemCode(error);
  return code !== null && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'));
}

/** A reader met a journal that a crashed writer left; only a writer may play it back. */
export function needsRollback(error: unknown): boolean {
  return systemCode(error) === 'SQLITE_READONLY_ROLLBACK';
}

/** Turns what SQLite and the file system say into what a user can act on; anything else stays as it is. */
export function explainFailure(error: unknown, directory: string): unknown {
  const code = systemCode(error);
  if (code === null || error instanceof RqError) return error;
  const cause = { cause: error };
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
    return new RqError(
      'no-space',
      `no space left (disk or quota) for ${directory}: nothing was changed`,
      cause,
    );
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS') {
    return new RqError('read-only', `cannot write ${directory}: it is read-only here`, cause);
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'SQLITE_PERM') {
    return new RqError('no-permission', `no permission for ${directory}`, cause);
  }
  if (code === 'ENOENT')
    return new RqError('queue-not-found', `the queue at ${directory} is gone`, cause);
  if (code === 'SQLITE_CANTOPEN' || code.startsWith('SQLITE_CANTOPEN_')) {
    return new RqError('no-permission', `cannot open the database in ${directory}`, cause);
  }
  if (code === 'SQLITE_CORRUPT' || code.startsWith('SQLITE_CORRUPT_') || code === 'SQLITE_NOTADB') {
    return new RqError('queue-damaged', `the database in ${directory} is damaged`, cause);
  }
  if (code.startsWith('SQLITE_IOERR') || ['EIO', 'ESTALE', 'ETIMEDOUT', 'ENXIO'].includes(code)) {
    return new RqError(
      'queue-away',
      `the file system of ${directory} gives errors (${code})`,
      cause,
    );
  }
  return error;
}
