import { Worker } from 'node:worker_threads';
import type { BeatWorkerData } from './beat-worker.js';
import type { Participant } from './participant.js';

/**
 * The worker that beats for this process, started with the first hold that wants it (50 ms) and kept.
 *
 * It finds holds by itself, within half a beat: only after a long rest must it be woken.
 */
export class BeatThread {
  readonly #participant: Participant;
  #worker: Worker | null = null;

  constructor(participant: Participant) {
    this.#participant = participant;
  }

  /** Sees to it that somebody beats for the present hold. */
  start(): void {
    const { state, params } = this.#participant;
    if (this.#worker === null) {
      const workerData: BeatWorkerData = { buffer: state.buffer, params };
      const worker = new Worker(new URL('./beat-worker.js', import.meta.url), {
        workerData,
        execArgv: [],
        name: 'rq beat',
      });
      // It must never keep a process from ending.
      worker.unref();
      const forget = (): void => {
        if (this.#worker === worker) this.#worker = null;
      };
      // A worker that died beats no more: the holder's remaining time runs out, the guard does the rest.
      worker.once('error', forget);
      worker.once('exit', forget);
      this.#worker = worker;
    }
    if (Atomics.compareExchange(state.dormant, 0, 1, 0) === 1) Atomics.notify(state.dormant, 0);
  }
}
