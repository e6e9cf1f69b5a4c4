import { setTimeout as sleep } from 'node:timers/promises';
import { readStatus } from '../../src/queue/status.js';
import { kill, type Host } from '../process/host.js';
import { StormNode } from './storm-node.js';
import { Submitters } from './storm-submitters.js';

export interface StormParams {
  /** Submit until so many are acknowledged. */
  readonly jobs: number;
  readonly killEveryMs: number;
  readonly seed: number;
  readonly restartMs: number | null;
  readonly limitMs: number;
  readonly note: (text: string) => void;
}

const VICTIMS = ['feeder', 'runner', 'submitter'] as const;
type Victim = (typeof VICTIMS)[number];
const NODES = ['a', 'b', 'c', 'd'] as const;
const STATUS_MS = 500;

/**
 * Four nodes of four slots drain what submitters bring, while feeders, runners and submitters are
 * killed without warning, until everything that was acknowledged has been run.
 */
export class Storm {
  readonly submitters: Submitters;
  readonly nodes: readonly StormNode[];
  readonly kills: Record<Victim, number> = { feeder: 0, runner: 0, submitter: 0 };
  /** As seen by this process, which looks all the while. */
  readonly generationsSeen: number[] = [];
  readonly #host: Host;
  readonly #params: StormParams;
  #isOver = false;
  #pending = 0;

  constructor(host: Host, file: string, params: StormParams) {
    this.#host = host;
    this.#params = params;
    // Each part draws from its own numbers: the kills do not depend on who was slow.
    this.submitters = new Submitters(host, {
      jobs: params.jobs,
      file,
      random: randomOf(params.seed + 1),
      hasRoom: () => this.#pending < 150,
    });
    this.nodes = NODES.map(
      (name, index) =>
        // Two are children that only this test restarts, two are daemons that their runners restart too.
        new StormNode(host, {
          name,
          isDaemon: index >= 2,
          restartMs: params.restartMs,
          random: randomOf(params.seed + 2 + index),
        }),
    );
  }

  /** Returns when nothing is pending or running any more and all processes have ended. */
  async rage(): Promise<void> {
    const parts = [
      this.submitters.run(),
      this.#kill(),
      ...this.nodes.map((node) => node.keepFeeding(() => this.#isOver)),
    ];
    try {
      await this.#untilDrained();
    } finally {
      this.#isOver = true;
      this.submitters.stop();
      await Promise.all(parts);
    }
    await Promise.all(this.nodes.map((node) => node.finish()));
  }

  async #untilDrained(): Promise<void> {
    const deadline = performance.now() + this.#params.limitMs;
    let noted = performance.now();
    for (;;) {
      const { jobs } = readStatus(this.#host.queue);
      this.#pending = jobs.pending;
      this.#look();
      if (this.submitters.isDone && jobs.pending + jobs.running === 0) return;
      if (performance.now() > noted + 20_000) {
        noted = performance.now();
        this.#params.note(`storm: ${JSON.stringify(jobs)} kills ${JSON.stringify(this.kills)}`);
      }
      if (performance.now() > deadline) {
        throw new Error(`the storm was not over in time: ${JSON.stringify(jobs)}`);
      }
      await sleep(STATUS_MS);
    }
  }

  #look(): void {
    const generation = this.#host.queue.read((db) =>
      db.prepare<[], number>('select generation from meta').pluck().get(),
    );
    this.generationsSeen.push(generation ?? 0);
  }

  /** The plan comes from the seed alone: how long to wait, whom to kill. */
  async #kill(): Promise<void> {
    const random = randomOf(this.#params.seed);
    while (!this.#isOver) {
      const pauseMs = this.#params.killEveryMs * (0.5 + random());
      const draw = random();
      const victim: Victim = draw < 0.4 ? 'feeder' : draw < 0.7 ? 'runner' : 'submitter';
      const node = this.nodes[Math.floor(random() * this.nodes.length)];
      await sleep(pauseMs);
      if (this.#isOver || node === undefined) return;
      const pid = this.#find(victim, node);
      if (pid !== null && kill(pid)) this.kills[victim] += 1;
    }
  }

  #find(victim: Victim, node: StormNode): number | null {
    if (victim === 'submitter') return this.submitters.pid;
    if (victim === 'feeder') return node.feederPid();
    return this.#host.runners(node.name)[0] ?? null;
  }
}

/** mulberry32: small, and the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
