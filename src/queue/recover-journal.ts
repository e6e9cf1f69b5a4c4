import { Worker } from 'node:worker_threads';
import { RqError } from '../domain/error.js';

/** What the worker leaves in the shared cell. */
export const RECOVERED = 1;
export const NOT_RECOVERED = 2;

/**
 * Plays back the journal of a writer that died in mid-commit, through the writer's door.
 *
 * Reading is synchronous and the door is not, so a worker thread goes through it while this thread
 * waits. It happens only when somebody crashed and nobody has written since.
 *
 * @throws RqError `read-only` when this user cannot write the queue
 */
export function recoverJournal(directory: string, force: boolean): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./recover-worker.js', import.meta.url), {
    workerData: { directory, force, cell },
  });
  worker.unref();
  // What became of it says the cell; its error would end this process.
  worker.on('error', () => undefined);
  Atomics.wait(cell, 0, 0);
  if (cell[0] !== RECOVERED) {
    throw new RqError(
      'read-only',
      `a writer of ${directory} died in mid-commit, and only somebody who may write it can put it right`,
    );
  }
}
