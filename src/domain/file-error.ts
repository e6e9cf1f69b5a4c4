import { type ErrorCode, RqError, systemCode } from './error.js';

const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['queue-not-found', 'there is no'],
  ENOTDIR: ['queue-not-found', 'there is no directory'],
  EACCES: ['no-permission', 'cannot write in'],
  EPERM: ['no-permission', 'cannot write in'],
  EROFS: ['read-only', 'mounted read-only:'],
  ENOSPC: ['no-space', 'no space left in'],
  EDQUOT: ['no-space', 'quota exceeded in'],
  EIO: ['queue-away', 'the file system does not answer as it should in'],
  ESTALE: ['queue-away', 'the file server no longer knows'],
  ETIMEDOUT: ['queue-away', 'the file server does not answer for'],
  ENXIO: ['queue-away', 'the disk does not answer for'],
};

/** What a user can act on, as an RqError; anything else is passed on as the defect that it is. */
export function explainFileError(error: unknown, directory: string): unknown {
  const meaning = MEANINGS[systemCode(error) ?? ''];
  if (meaning === undefined || error instanceof RqError) return error;
  const [code, words] = meaning;
  return new RqError(code, `${words} ${directory}`, { cause: error });
}
