import { closeSync, constants, fstatSync, mkdirSync, openSync, rmdirSync } from 'node:fs';
import { randomHex } from '../host/random.js';
import { join } from 'node:path';
import { formatTime } from '../domain/time.js';
import { monotonicMs } from '../host/uptime.js';

/**
 * The queue clock: the file server's own time, so that hosts with wrong clocks agree.
 *
 * `stampMs` is the modification time that the server gave to a file of ours, `stampMonotonicMs` when
 * we learned it; `floor` is the queue time of the last commit, behind which it never falls.
 */
export function queueTime(stampMs: number, stampMonotonicMs: number, floor: string): string {
  const now = formatTime(stampMs + (monotonicMs() - stampMonotonicMs));
  return now > floor ? now : floor;
}

/**
 * Epoch milliseconds by the file server, for readers, who hold no lease: four round trips. Where this
 * user may not write the queue, this host's own clock has to do.
 */
export function serverTimeMs(wakeDirectory: string): number {
  const name = join(wakeDirectory, `t.${randomHex(8)}`);
  try {
    mkdirSync(name, 0o700);
    try {
      const descriptor = openSync(name, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        return fstatSync(descriptor).mtimeMs;
      } finally {
        closeSync(descriptor);
      }
    } finally {
      rmdirSync(name);
    }
  } catch {
    return Date.now();
  }
}
