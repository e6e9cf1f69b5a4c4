import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from '../domain/job.js';
import { mergeRanges, type JobQuery } from '../domain/selection.js';
import type { JobState } from '../domain/state.js';
import { explainFailure } from '../queue/failure.js';
import { readJobs } from '../queue/select.js';
import type { Queue } from '../queue/queue.js';
import { sample } from '../queue/wake.js';

/** A look at the wake directory is one round trip; a look into the database is several. */
const POLL_MS_MIN = 100;
const POLL_MS_MAX = 1_000;
/** Wake-ups may be lost, so the database is read this often whether one came or not. */
const READ_EVERY_MS = 10_000;
/** Watching many jobs may cost this part of one processor, not more. */
const READ_COST_FACTOR = 10;
const OVER: readonly JobState[] = ['finished', 'dead'];

export function isOver(job: Job): boolean {
  return OVER.includes(job.state);
}

export function hasSucceeded(job: Job): boolean {
  return job.state === 'finished' && job.exit_status === 0;
}

/** What a look found out: jobs that are over now, as they ended, and jids that are gone. */
export interface Ended {
  readonly jobs: readonly Job[];
  readonly deleted: readonly number[];
}

/** Watches a fixed set of jobs until they are over. */
export class JobWatch {
  readonly #queue: Queue;
  readonly #open: Set<number>;
  #sample = '';
  #readAtMs = -Infinity;
  #readCostMs = 0;
  #pollMs = POLL_MS_MIN;

  constructor(queue: Queue, jids: Iterable<number>) {
    this.#queue = queue;
    this.#open = new Set(jids);
  }

  /** How many jobs are not over. */
  get size(): number {
    return this.#open.size;
  }

  /** What ended since the last look; null when the database was not worth a look. */
  look(): Ended | null {
    const nowMs = performance.now();
    const sinceMs = nowMs - this.#readAtMs;
    // Sampled before the read: what ends in between is found by the next look.
    const seen = this.#sampleEnds();
    const isDue = sinceMs >= READ_EVERY_MS || seen !== this.#sample;
    if (!isDue || sinceMs < this.#readCostMs * READ_COST_FACTOR) return null;
    this.#sample = seen;
    this.#pollMs = POLL_MS_MIN;
    const ended = this.#read();
    this.#readAtMs = performance.now();
    this.#readCostMs = this.#readAtMs - nowMs;
    return ended;
  }

  /** Pauses between looks grow while nothing happens. `signal` ends the pause early. */
  async pause(limitMs: number, signal: AbortSignal): Promise<void> {
    const pauseMs = Math.min(this.#pollMs, limitMs);
    this.#pollMs = Math.min(POLL_MS_MAX, this.#pollMs * 1.2);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }

  /** Something moves: look often again. */
  hurry(): void {
    this.#pollMs = POLL_MS_MIN;
  }

  /** @throws RqError `queue-not-found` when the queue was deleted or moved meanwhile */
  #sampleEnds(): string {
    try {
      return sample(this.#queue.paths.wakeEnds);
    } catch (error) {
      throw explainFailure(error, this.#queue.directory);
    }
  }

  #read(): Ended {
    const ranges = mergeRanges([...this.#open].map((jid) => [jid, jid] as const));
    const query: JobQuery = { kind: 'jids', ranges };
    const present = new Set<number>();
    const jobs: Job[] = [];
    for (const job of readJobs(this.#queue, query)) {
      present.add(job.jid);
      if (isOver(job)) jobs.push(job);
    }
    const deleted = [...this.#open].filter((jid) => !present.has(jid));
    for (const jid of [...deleted, ...jobs.map((job) => job.jid)]) this.#open.delete(jid);
    return { jobs: jobs.toSorted(byEnd), deleted };
  }
}

function byEnd(a: Job, b: Job): number {
  return (a.finished ?? '').localeCompare(b.finished ?? '') || a.jid - b.jid;
}
