import {
  closeSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** One line an event: ids first, units in the keys, never the environment or stdin of a job. */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  close(): void;
}

export interface LogParams {
  /** Null: stderr, which is never rolled. */
  readonly file: string | null;
  readonly level: LogLevel;
  /** Roll before the file grows beyond this. */
  readonly maxBytes?: number;
  /** Roll at the first line of a new UTC day, week (from Monday) or month, or when the file is this many ms old. */
  readonly maxAge?: 'daily' | 'weekly' | 'monthly' | number;
  /** Old files kept as FILE.1 (the youngest) to FILE.keep. */
  readonly keep: number;
  /** The clock, for tests. */
  readonly now?: () => number;
}

/** How often to look whether logrotate has moved the file away. */
const LOOK_MS = 10_000;
const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday. */
const MONDAY_SHIFT_DAYS = 3;

/** Opens a log; lines are written whole and at once. Throws what the file system throws. */
export function openLog(params: LogParams): Log {
  const sink = params.file === null ? null : new RollingFile(params.file, params);
  const now = params.now ?? Date.now;
  const limit = LOG_LEVELS.indexOf(params.level);
  const write = (level: LogLevel, event: string, fields: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(level) > limit) return;
    const line = formatLine(now(), level, event, fields);
    try {
      if (sink === null) writeSync(2, line);
      else sink.write(line);
    } catch {
      // A full disk or a closed terminal must not stop the work that the log is about.
    }
  };
  return {
    error: (event, fields) => write('error', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    info: (event, fields) => write('info', event, fields),
    debug: (event, fields) => write('debug', event, fields),
    close: () => sink?.close(),
  };
}

/** `2026-11-21T20:31:02.114Z info job.settled jid=42 host=node3` */
function formatLine(nowMs: number, level: LogLevel, event: string, fields: LogFields): string {
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${formatValue(value)}`);
  return `${[new Date(nowMs).toISOString(), level, event, ...pairs].join(' ')}\n`;
}

function formatValue(value: string | number | boolean | null): string {
  const text = String(value);
  if (typeof value !== 'string') return text;
  // \p{C}: control characters and the like, which could forge a line.
  return text === '' || /[\s"=\\\p{C}]/u.test(text) ? JSON.stringify(text) : text;
}

/** An append-only file that moves itself to FILE.1 and so on. For one process. */
class RollingFile {
  readonly #file: string;
  readonly #params: LogParams;
  readonly #now: () => number;
  #fd: number;
  #bytes = 0;
  #begunMs = 0;
  #lookedMs = 0;

  constructor(file: string, params: LogParams) {
    this.#file = file;
    this.#params = params;
    this.#now = params.now ?? Date.now;
    this.#fd = this.#open();
  }

  write(line: string): void {
    const nowMs = this.#now();
    if (Math.abs(nowMs - this.#lookedMs) >= LOOK_MS) this.#look();
    const length = Buffer.byteLength(line);
    if (this.#bytes > 0 && (this.#isFull(length) || this.#isOld(nowMs))) this.#roll();
    writeSync(this.#fd, line);
    this.#bytes += length;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #isFull(length: number): boolean {
    return this.#params.maxBytes !== undefined && this.#bytes + length > this.#params.maxBytes;
  }

  #isOld(nowMs: number): boolean {
    const { maxAge } = this.#params;
    if (maxAge === undefined) return false;
    if (typeof maxAge === 'number') return nowMs - this.#begunMs >= maxAge;
    return periodOf(nowMs, maxAge) !== periodOf(this.#begunMs, maxAge);
  }

  /** Oldest first, so that each rename finds its place free; a crash between two loses no line. */
  #roll(): void {
    const { keep } = this.#params;
    rmSync(`${this.#file}.${keep}`, { force: true });
    for (let number = keep - 1; number >= 1; number -= 1)
      renameIfThere(`${this.#file}.${number}`, `${this.#file}.${number + 1}`);
    if (keep > 0) renameIfThere(this.#file, `${this.#file}.1`);
    else rmSync(this.#file, { force: true });
    this.#reopen();
  }

  #look(): void {
    this.#lookedMs = this.#now();
    const open = fstatSync(this.#fd);
    const named = statSync(this.#file, { throwIfNoEntry: false });
    if (named === undefined || named.ino !== open.ino || named.dev !== open.dev) this.#reopen();
  }

  #reopen(): void {
    const old = this.#fd;
    this.#fd = this.#open();
    closeSync(old);
  }

  #open(): number {
    const fd = openSync(this.#file, 'a+', 0o600);
    this.#bytes = fstatSync(fd).size;
    this.#begunMs = firstLineMs(fd) ?? this.#now();
    this.#lookedMs = this.#now();
    return fd;
  }
}

/** When the file was begun: its own first line knows, unlike the file system. */
function firstLineMs(fd: number): number | null {
  const start = Buffer.alloc(24);
  if (readSync(fd, start, 0, start.length, 0) < start.length) return null;
  const ms = Date.parse(start.toString('latin1'));
  return Number.isNaN(ms) ? null : ms;
}

function periodOf(ms: number, period: 'daily' | 'weekly' | 'monthly'): string {
  if (period === 'monthly') return new Date(ms).toISOString().slice(0, 7);
  const days = Math.floor(ms / DAY_MS);
  return String(period === 'daily' ? days : Math.floor((days + MONDAY_SHIFT_DAYS) / 7));
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}
