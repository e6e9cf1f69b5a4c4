import { chmodSync, statSync } from 'node:fs';
import type { Queue } from './queue.js';

/**
 * Gives a directory that was made inside the queue the queue's mode, whatever the umask was. The
 * setgid bit that directories of a shared queue inherit stays: a plain chmod would drop it.
 */
export function setDirectoryMode(queue: Pick<Queue, 'directoryMode'>, path: string): void {
  chmodSync(path, queue.directoryMode | (statSync(path).mode & 0o2000));
}
