import { RqError, systemCode } from '../domain/error.js';
import { LOG_LEVELS, openLog, type Log, type LogLevel } from '../log.js';
import type { NodePlace } from './node-place.js';
import type { FeedOptions } from './options.js';

/** Old log files kept when the log rolls. */
const LOGS_KEPT = 7;
/** A daemon nobody looks after must not fill a disk. */
const DAEMON_LOG_BYTES_MAX = 10 << 20;

/** Where a feeder writes: the file it was told, its local directory when detached, else stderr. */
export function feederLog(place: NodePlace, options: FeedOptions): Log {
  const isDaemon = options.daemon === true;
  const maxBytes = options.logSize ?? (isDaemon ? DAEMON_LOG_BYTES_MAX : null);
  const maxAge = options.logAge === undefined ? null : parseLogAge(options.logAge);
  const file = options.log ?? (isDaemon ? place.log : null);
  const level = parseLevel(options, file === null);
  try {
    return openLog({
      file,
      level,
      keep: LOGS_KEPT,
      ...(maxBytes === null ? {} : { maxBytes }),
      ...(maxAge === null ? {} : { maxAge }),
    });
  } catch (cause) {
    if (systemCode(cause) === null) throw cause;
    throw new RqError('feeder-failed', `cannot open the log ${file ?? '(stderr)'}`, { cause });
  }
}

/** Ruby Queue's numbers and words, and ours. */
const LEVEL_WORDS: Readonly<Record<string, LogLevel>> = {
  0: 'error',
  1: 'error',
  2: 'warn',
  3: 'info',
  4: 'debug',
  fatal: 'error',
};

/** `--quiet` spares the terminal, never the log that is to tell later what happened. */
function parseLevel({ verbosity, quiet }: FeedOptions, toStderr: boolean): LogLevel {
  if (verbosity === undefined) return quiet === true && toStderr ? 'warn' : 'info';
  const word = verbosity.toLowerCase();
  const level =
    LEVEL_WORDS[word] ?? LOG_LEVELS.find((name) => word !== '' && name.startsWith(word));
  if (level !== undefined) return level;
  throw new RqError(
    'usage',
    `verbosity: expected 0 to 4, fatal, error, warn, info or debug, got "${verbosity}"`,
  );
}

function parseLogAge(text: string): 'daily' | 'weekly' | 'monthly' | number {
  if (text === 'daily' || text === 'weekly' || text === 'monthly') return text;
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  throw new RqError('usage', `log-age: expected daily, weekly, monthly or seconds, got "${text}"`);
}
