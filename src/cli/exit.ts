import { RqError, systemCode, type ErrorCode } from '../domain/error.js';

export const EXIT = {
  done: 0,
  refused: 1,
  usage: 2,
  nothing: 3,
  jobFailed: 4,
  defect: 70,
  tryAgain: 75,
  noPermission: 77,
  timeout: 124,
  interrupted: 130,
} as const;

/** The one place that turns an error's code into an exit status. */
const EXIT_OF: Readonly<Record<ErrorCode, number>> = {
  usage: EXIT.usage,
  'bad-document': EXIT.usage,
  'bad-selection': EXIT.usage,
  'nothing-matched': EXIT.nothing,
  'job-not-found': EXIT.nothing,
  'job-running': EXIT.refused,
  'wrong-state': EXIT.refused,
  'job-failed': EXIT.jobFailed,
  'queue-exists': EXIT.refused,
  'queue-not-found': EXIT.refused,
  'queue-moved': EXIT.refused,
  'queue-too-new': EXIT.refused,
  'queue-damaged': EXIT.refused,
  'queue-busy': EXIT.tryAgain,
  'queue-away': EXIT.tryAgain,
  'unsafe-mount': EXIT.refused,
  'read-only': EXIT.refused,
  'no-space': EXIT.refused,
  'no-permission': EXIT.noPermission,
  'outcome-unknown': EXIT.tryAgain,
  'already-feeding': EXIT.refused,
  'not-feeding': EXIT.refused,
  'feeder-failed': EXIT.refused,
  'runner-failed': EXIT.refused,
  'local-directory': EXIT.refused,
  interrupted: EXIT.interrupted,
  timeout: EXIT.timeout,
};

/** The reader of our stdout went away, as `| head` does: an end, not an error. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

export interface Failure {
  readonly status: number;
  /** One line for stderr, or null when there is nothing to say. */
  readonly line: string | null;
  readonly isDefect: boolean;
}

/** What to tell of anything thrown, and the exit status. */
export function explain(error: unknown): Failure {
  if (error instanceof OutputClosed) return { status: EXIT.done, line: null, isDefect: false };
  const known = error instanceof RqError ? error : fromSystem(error);
  if (known !== null) {
    return { status: EXIT_OF[known.code], line: oneLine(withCause(known)), isDefect: false };
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const line = oneLine(`defect: ${what} (RQ_DEBUG=1 shows where)`);
  return { status: EXIT.defect, line, isDefect: true };
}

/** Errors of the system that reach the command line unexplained: about files that the user named. */
function fromSystem(error: unknown): RqError | null {
  const code = systemCode(error);
  if (code === null || !(error instanceof Error)) return null;
  const rqCode = CODE_OF_SYSTEM[code];
  if (rqCode === undefined) return null;
  return new RqError(rqCode, SAID_PLAINLY[rqCode] ?? plainMessage(error), { cause: error });
}

const CODE_OF_SYSTEM: Readonly<Record<string, ErrorCode>> = {
  SQLITE_FULL: 'no-space',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EROFS: 'read-only',
  SQLITE_READONLY: 'read-only',
  EACCES: 'no-permission',
  EPERM: 'no-permission',
  EIO: 'queue-away',
  ESTALE: 'queue-away',
  ENOENT: 'usage',
  ENOTDIR: 'usage',
  EISDIR: 'usage',
  ELOOP: 'usage',
  ENAMETOOLONG: 'usage',
};

/** Nothing that the system says of these is news. */
const SAID_WHOLE: readonly ErrorCode[] = ['no-space', 'read-only'];
const SAID_PLAINLY: Partial<Record<ErrorCode, string>> = {
  'no-space': 'no space left (disk or quota)',
};

/** Adds the system's reason unless the message carries it already. */
function withCause(error: RqError): string {
  if (SAID_WHOLE.includes(error.code)) return error.message;
  const reason = error.cause instanceof Error ? plainMessage(error.cause) : null;
  const code = systemCode(error.cause);
  if (reason === null || error.message.includes(reason)) return error.message;
  if (code !== null && error.message.includes(code)) return error.message;
  return `${error.message}: ${reason}`;
}

/** Node's `EACCES: permission denied, open 'x'` stays; SQLite's messages get their code in front. */
function plainMessage(error: Error): string {
  const code = systemCode(error);
  return code === null || error.message.startsWith(code)
    ? error.message
    : `${code}: ${error.message}`;
}

/** A message may quote input; a line break in it must not make two lines of one. */
function oneLine(message: string): string {
  return message.replaceAll(/[\n\r]+/g, ' ').trim();
}
