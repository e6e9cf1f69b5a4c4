import { readFileSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { RqError, systemCode } from '../domain/error.js';
import { explainFailure } from './failure.js';
import { queuePaths } from './paths.js';

/** `queue.json`: what must be known before the database may be opened. Written once, by create. */
const Facts = v.object({ uuid: v.string(), settings: v.record(v.string(), v.number()) });
export type QueueFacts = v.InferOutput<typeof Facts>;

/** @throws RqError `queue-not-found` where the directory is no queue, `queue-damaged`, `no-permission` */
export function readFacts(directory: string): QueueFacts {
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
  if (parsed.success) return parsed.output;
  throw new RqError('queue-damaged', `${facts} cannot be read: ${parsed.issues[0].message}`);
}
