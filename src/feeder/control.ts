import { RqError } from '../domain/error.js';
import type { Queue } from '../queue/queue.js';
import { nodePlace, readFeeder } from './node-place.js';

export interface NodeChoice {
  readonly node?: string;
  readonly localBase?: string;
}

/** What a feeder is told by signal: Ruby Queue's, and QUIT for stop, which Ruby Queue did with KILL. */
export const FEEDER_SIGNALS = {
  shutdown: 'SIGTERM',
  stop: 'SIGQUIT',
  restart: 'SIGHUP',
} as const;
export type FeederOrder = keyof typeof FEEDER_SIGNALS;

/** The pid of this host's feeder on `queue`, or null. */
export function feederPid(queue: Queue, choice: NodeChoice = {}): number | null {
  return readFeeder(nodePlace(queue, choice.node, choice.localBase))?.pid ?? null;
}

/** @throws RqError `not-feeding` */
export function signalFeeder(
  queue: Queue,
  choice: NodeChoice,
  order: FeederOrder,
): { pid: number; signal: (typeof FEEDER_SIGNALS)[FeederOrder] } {
  const place = nodePlace(queue, choice.node, choice.localBase);
  const feeder = readFeeder(place);
  if (feeder === null) {
    throw new RqError('not-feeding', `node ${place.name} does not feed from ${queue.directory}`);
  }
  process.kill(feeder.pid, FEEDER_SIGNALS[order]);
  return { pid: feeder.pid, signal: FEEDER_SIGNALS[order] };
}
