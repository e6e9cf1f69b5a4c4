import { appendFileSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { systemCode } from '../domain/error.js';
import { OutputClosed } from './exit.js';

/**
 * Standard input, output and error without Node's stream objects.
 *
 * Node makes a pipe non-blocking, for every process that shares it, as soon as `process.stdin` or its
 * like is touched. Then `while read x; do rq q submit "$x"; done` loses its input, and whoever shares
 * our output fails with "Resource temporarily unavailable".
 */
export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

const RETRY_MS = 5;
const GONE: readonly string[] = ['EPIPE', 'ECONNRESET', 'EBADF'];
const writeSome = promisify(write);

/** Writes all of `chunk` at the reader's pace. @throws OutputClosed when the reader is gone */
export async function writeTo(descriptor: number, chunk: Uint8Array): Promise<void> {
  let rest = chunk;
  while (rest.length > 0) {
    try {
      const { bytesWritten } = await writeSome(descriptor, rest, 0, rest.length, null);
      rest = rest.subarray(bytesWritten);
    } catch (error) {
      const code = systemCode(error) ?? '';
      if (GONE.includes(code)) throw new OutputClosed();
      // Some other program made the pipe that we share non-blocking.
      if (code !== 'EAGAIN') throw error;
      await delay(RETRY_MS);
    }
  }
}

/** A line for people, at once. That nobody reads it is no reason to stop. */
export function writeLine(descriptor: number, line: string): void {
  try {
    writeSync(descriptor, `${line}\n`);
  } catch (error) {
    if (systemCode(error) === null) throw error;
  }
}

/** The same line in the user's log. It is on stderr already: that the log cannot take it is lesser news. */
export function appendLine(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`);
  } catch (error) {
    if (systemCode(error) === null) throw error;
  }
}

export function isTerminal(descriptor: number): boolean {
  return isatty(descriptor);
}

/** Columns of the terminal on stdout, or null when the output goes elsewhere. */
export function terminalColumns(): number | null {
  return isTerminal(STDOUT) ? process.stdout.columns : null;
}

/** Runs `work` while Node's stream objects are hidden from it: clipanion touches them when loaded. */
export async function withoutStreamObjects<T>(work: () => Promise<T>): Promise<T> {
  const names = ['stdin', 'stdout', 'stderr'] as const;
  const hidden = names.map((name) => Object.getOwnPropertyDescriptor(process, name));
  for (const name of names) {
    Object.defineProperty(process, name, { value: undefined, configurable: true });
  }
  try {
    return await work();
  } finally {
    for (const [index, name] of names.entries()) {
      Object.defineProperty(process, name, hidden[index] ?? {});
    }
  }
}
