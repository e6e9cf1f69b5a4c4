import { randomBelow } from '../host/random.js';
import { RqError } from '../domain/error.js';
import type { Log } from '../log.js';
import { keepHouse } from '../queue/housekeeping.js';
import type { Queue } from '../queue/queue.js';

const HOUR_MS = 3_600_000;
/** The first time soon after the start, so that feeders which live for minutes only keep house too. */
const FIRST_MS = 60_000;

/** Tidies the queue now and then, at another moment than the other nodes. */
export class Housekeeper {
  readonly #queue: Queue;
  readonly #log: Log;
  #timer: NodeJS.Timeout | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(queue: Queue, log: Log) {
    this.#queue = queue;
    this.#log = log;
  }

  start(): void {
    this.#after(FIRST_MS + randomBelow(FIRST_MS));
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#work;
  }

  #after(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#work = this.#tidy();
      this.#after(HOUR_MS / 2 + randomBelow(HOUR_MS));
    }, ms);
    this.#timer.unref();
  }

  async #tidy(): Promise<void> {
    try {
      const { expired, uploads } = await keepHouse(this.#queue);
      if (expired + uploads > 0) this.#log.info('queue.tidied', { expired, uploads });
    } catch (error) {
      if (!(error instanceof RqError)) throw error;
      this.#log.warn('queue.untidied', { message: error.message });
    }
  }
}
