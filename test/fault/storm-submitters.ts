import { setTimeout as sleep } from 'node:timers/promises';
import type { Going, Host } from '../process/host.js';
import { batchOf } from './storm-job.js';

export interface SubmittersParams {
  readonly jobs: number;
  /** Where the jobs write. */
  readonly file: string;
  readonly random: () => number;
  /** False while enough waits: submitting goes on as long as the storm. */
  readonly hasRoom: () => boolean;
}

/** One `rq submit -`. Its tag names it, so that what became of an unanswered one can be seen. */
export interface Batch {
  readonly tag: string;
  readonly size: number;
  /** As printed: only whole lines count. */
  readonly acknowledged: readonly number[];
  /** It said that it succeeded; else it was killed and its outcome is unknown to us. */
  readonly isAnswered: boolean;
}

const SIZE_MAX = 100;

/** Submits batches one after another until enough jobs are acknowledged. */
export class Submitters {
  readonly batches: Batch[] = [];
  readonly #host: Host;
  readonly #params: SubmittersParams;
  #going: Going | null = null;
  #isStopped = false;

  constructor(host: Host, params: SubmittersParams) {
    this.#host = host;
    this.#params = params;
  }

  get acknowledged(): number[] {
    return this.batches.flatMap((batch) => batch.acknowledged);
  }

  get isDone(): boolean {
    return this.acknowledged.length >= this.#params.jobs;
  }

  /** The one at work now. */
  get pid(): number | null {
    return this.#going?.pid ?? null;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async run(): Promise<void> {
    while (!this.isDone && !this.#isStopped) {
      if (this.#params.hasRoom()) await this.#submit();
      else await sleep(50);
    }
  }

  async #submit(): Promise<void> {
    const { random, file } = this.#params;
    const tag = `batch-${this.batches.length}`;
    const size = 1 + Math.floor(random() * SIZE_MAX);
    const input = batchOf(size, random, file);
    this.#going = this.#host.go(['submit', '-', `--tag=${tag}`, '-o', 'ids'], { input });
    const { status, signal, stdout, stderr } = await this.#going.ended;
    this.#going = null;
    const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
    const acknowledged = whole.split('\n').filter(Boolean).map(Number);
    const isAnswered = status === 0;
    if (isAnswered && acknowledged.length !== size) {
      throw new Error(`a submit of ${size} said 0 and printed ${stdout}`);
    }
    // Killed by the storm, or by itself when its lease ran out: anything else is a defect.
    if (!isAnswered && signal !== 'SIGKILL') {
      throw new Error(`submit ended with ${signal ?? status}: ${stderr}`);
    }
    this.batches.push({ tag, size, acknowledged, isAnswered });
  }
}
