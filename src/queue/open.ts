import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { RqError, systemCode } from '../domain/error.js';
import { checkMount } from '../host/mount.js';
import { explainFailure } from './failure.js';
import { queuePaths } from './paths.js';
import { Queue, type QueueOptions } from './queue.js';

/** `queue.json`: what must be known before the database may be opened. Written once, by create. */
const Facts = v.object({ uuid: v.string(), settings: v.record(v.string(), v.number()) });
export type QueueFacts = v.InferOutput<typeof Facts>;

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

function readFacts(directory: string): QueueFacts {
  const { facts, db } = queuePaths(directory);
  let text: string;
  try {
    text = readFileSync(facts, 'utf8');
    statSync(db);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new RqError(
        'queue-not-found',
        `${directory} is not a queue: it has no queue.json or no db`,
      );
    }
    throw explainFailure(error, directory);
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Facts), text);
  if (!parsed.success)
    throw new RqError('queue-damaged', `${facts} cannot be read: ${parsed.issues[0].message}`);
  return parsed.output;
}
