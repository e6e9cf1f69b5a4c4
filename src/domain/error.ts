/**
 * What a user can act on. Anything thrown that is not an `RqError` is a defect of rq.
 *
 * `cli/exit.ts` alone turns a code into an exit status.
 */
export const ERROR_CODES = [
  'usage', // the command line makes no sense
  'bad-document', // input that is not a job document; the message names line, job and field
  'bad-selection', // a jid, state or filter that cannot be read
  'nothing-matched', // a change was asked for and no job fits
  'job-not-found',
  'job-running', // the change is not possible while the job runs
  'wrong-state', // the job's state does not allow the change
  'job-failed', // an awaited job failed, died or was deleted
  'queue-exists',
  'queue-not-found',
  'queue-moved', // copied, restored or replaced: not the queue that was opened
  'queue-too-new', // its schema needs a newer rq
  'queue-damaged',
  'queue-busy', // the lease is still taken after --wait; try again
  'queue-away', // the file server or the disk does not answer as it should; try again
  'unsafe-mount', // a file system on which rq could lose data
  'read-only',
  'no-space', // disk or quota full
  'no-permission',
  'outcome-unknown', // a COMMIT whose fate could not be learned in time
  'already-feeding',
  'not-feeding',
  'feeder-failed', // the feeder could not start; the message says why
  'runner-failed', // the co-process is gone or does not answer
  'local-directory', // the host-local directory is unusable
  'interrupted',
  'timeout',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export class RqError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RqError';
    this.code = code;
  }
}

/** The system error code (`ENOENT`) or SQLite result (`SQLITE_BUSY`) of anything thrown, or null. */
export function systemCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
