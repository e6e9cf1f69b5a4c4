import { bootId, thisProcess } from '../host/identity.js';
import { RqError } from '../domain/error.js';
import { acquireHostLock } from '../host/host-lock.js';
import type { Log } from '../log.js';
import { readNodes, runningAttempts, type NodeRow } from '../queue/nodes.js';
import type { Queue } from '../queue/queue.js';
import { RunnerClient } from '../runner/client.js';
import { placeAt } from './node-place.js';
import { reconcile } from './reconcile.js';
import { forgetJob } from './start-job.js';
import { tick } from './tick.js';

/** Not more often than a feeder looks at its own queue in any case. */
const LOOK_MS_MAX = 10_000;

interface Parts {
  readonly queue: Queue;
  readonly node: NodeRow;
  readonly log: Log;
}

/**
 * Looks after the other nodes of this host and user (`--node`): when a node's feeder is provably gone,
 * what its runner's spool knows is settled, and what can no longer be known is rescued.
 *
 * The proof is the feeder's lock, which the kernel frees with its process. A neighbour that is only
 * being restarted has its lock back within seconds, so a lock must be free at two looks.
 */
export class NeighbourWatch {
  readonly #parts: Parts;
  #timer: NodeJS.Timeout | null = null;
  #work: Promise<void> = Promise.resolve();
  #suspects = new Set<number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    const lookMs = Math.min(LOOK_MS_MAX, this.#parts.queue.settings.values.full_tick_ms);
    this.#timer = setInterval(() => {
      this.#work = this.#work
        .then(() => this.#look())
        .catch((error: unknown) => this.#report(error));
    }, lookMs);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#work;
  }

  async #look(): Promise<void> {
    const { queue, node } = this.#parts;
    const neighbours = queue.read((db) =>
      readNodes(db)
        .filter((other) => other.id !== node.id && isOfThisHostAndUser(other))
        .filter((other) => runningAttempts(db, other.id).length > 0),
    );
    const suspects = new Set<number>();
    for (const neighbour of neighbours) {
      const lock = acquireHostLock(placeAt(neighbour.name, neighbour.directory).feederLock);
      if (lock === null) continue;
      try {
        if (this.#suspects.has(neighbour.id)) await this.#settleFor(neighbour);
        else suspects.add(neighbour.id);
      } finally {
        lock.release();
      }
    }
    this.#suspects = suspects;
  }

  /** Stands in for the neighbour's feeder for one tick; its runner, if it has none, is started for it. */
  async #settleFor(neighbour: NodeRow): Promise<void> {
    const { queue, log } = this.#parts;
    const place = placeAt(neighbour.name, neighbour.directory);
    const runner = await RunnerClient.connect(place.directory, {
      feederPid: process.pid,
      restart: 'keep',
      start: true,
    });
    try {
      const attempts = queue.read((db) => runningAttempts(db, neighbour.id));
      const { settlements, strays } = reconcile(attempts, runner);
      if (strays.length > 0) runner.signal(strays, 'SIGKILL');
      if (settlements.length === 0) return;
      await tick(queue, { node: neighbour, settlements, shells: [], anyUser: false });
      const tokens = settlements.map(({ ending }) => ending.token);
      runner.settled(tokens);
      for (const token of tokens) forgetJob(place, token);
      log.warn('neighbour.rescued', { node: neighbour.name, jobs: tokens.length });
    } finally {
      runner.bye();
      runner.close();
    }
  }

  #report(error: unknown): void {
    if (!(error instanceof RqError)) throw error;
    this.#parts.log.warn('neighbour.failed', { message: error.message });
  }
}

/** The same machine in this boot or an earlier one, and the same user: only then its local directory is ours to read. */
function isOfThisHostAndUser(node: NodeRow): boolean {
  const here = thisProcess();
  if (node.machineId !== here.machineId || node.uid !== process.getuid?.()) return false;
  return node.bootId !== bootId() || node.pidNamespace === here.pidNamespace;
}
