import { treeRssKib } from './memory.js';

/** A young job is looked at early, since most jobs are short. */
const FIRST_SAMPLE_MS = 100;
const SAMPLE_MS = 1_000;
/** Many jobs are looked at less often: a sample costs about 50 µs a process. */
const SAMPLE_MS_MANY = 2_000;
const MANY = 8;

export interface Sampled {
  readonly shell: { readonly pid: number } | null;
  maxRssKib: number | null;
}

/** Keeps the largest memory seen of each running job. Has no timer while nothing runs. */
export class Sampler {
  readonly #running: () => readonly Sampled[];
  #young: NodeJS.Timeout | null = null;
  #steady: NodeJS.Timeout | null = null;

  constructor(running: () => readonly Sampled[]) {
    this.#running = running;
  }

  /** A job has started, or was adopted. */
  started(): void {
    this.#young ??= setTimeout(() => {
      this.#young = null;
      this.#sample();
    }, FIRST_SAMPLE_MS);
  }

  close(): void {
    if (this.#young !== null) clearTimeout(this.#young);
    if (this.#steady !== null) clearTimeout(this.#steady);
    this.#young = null;
    this.#steady = null;
  }

  #sample(): void {
    const running = this.#running();
    for (const job of running) {
      const rss = job.shell === null ? null : treeRssKib(job.shell.pid);
      if (rss !== null && rss > (job.maxRssKib ?? 0)) job.maxRssKib = rss;
    }
    if (this.#steady !== null) clearTimeout(this.#steady);
    this.#steady = null;
    if (running.length === 0) return;
    this.#steady = setTimeout(
      () => this.#sample(),
      running.length > MANY ? SAMPLE_MS_MANY : SAMPLE_MS,
    );
  }
}
