import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { RqError, systemCode } from '../domain/error.js';
import { checkMount } from '../host/mount.js';
import { readFacts } from './facts.js';
import { explainFailure } from './failure.js';
import { Queue, type QueueOptions } from './queue.js';

/**
 * Opens the queue at `directory`, which may be any spelling of its path.
 *
 * @throws RqError `queue-not-found`, `no-permission`, `unsafe-mount`
 */
export function openQueue(directory: string, options: QueueOptions = {}): Queue {
  const real = realDirectory(directory);
  const problems = options.force === true ? [] : checkMount(real);
  const [first] = problems;
  if (first !== undefined) {
    throw new RqError(
      'unsafe-mount',
      `${real}: ${first.problem}; ${first.cure} (--force: I know better)`,
    );
  }
  return new Queue(real, readFacts(real), options);
}

function realDirectory(directory: string): string {
  try {
    const real = realpathSync(directory);
    if (!statSync(real).isDirectory()) {
      throw new RqError('queue-not-found', `${directory} is not a queue: it is not a directory`);
    }
    accessSync(real, constants.R_OK | constants.X_OK);
    return real;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) {
      throw new RqError(
        'queue-not-found',
        `no queue at ${directory}: make one with rq ${directory} create`,
      );
    }
    throw explainFailure(error, directory);
  }
}
