import { setTimeout as sleep } from 'node:timers/promises';
import { type Going, type Host, kill, untilGone } from '../process/host.js';

export interface StormNodeParams {
  readonly name: string;
  /** Started by `rq start`, and again by its own runner too; else a child of the test. */
  readonly isDaemon: boolean;
  /** The runner of a daemon starts it again after this; null: rq's own time. */
  readonly restartMs: number | null;
  readonly random: () => number;
}

const SLOTS = 4;
/** A dead feeder stays dead for up to so long. */
const PAUSE_MS_MAX = 2_000;
const LOOK_MS = 50;

/** One node of the storm. Its feeder is started again whenever it is gone. */
export class StormNode {
  readonly name: string;
  /** What feeders that were not killed said when they ended. */
  readonly complaints: string[] = [];
  readonly #host: Host;
  readonly #params: StormNodeParams;
  #child: Going | null = null;

  constructor(host: Host, params: StormNodeParams) {
    this.name = params.name;
    this.#host = host;
    this.#params = params;
  }

  /** The feeder, as soon as its process is there. */
  feederPid(): number | null {
    return this.#child?.pid ?? this.#host.feederPid(this.name);
  }

  async keepFeeding(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (this.feederPid() === null) await this.#start();
      await sleep(LOOK_MS);
      if (this.feederPid() === null && !isOver()) await sleep(this.#params.random() * PAUSE_MS_MAX);
    }
  }

  /** Lets a last feeder settle everything, say good-bye and end with 0. */
  async finish(): Promise<void> {
    for (let round = 0; ; round += 1) {
      const pid = this.feederPid();
      if (pid !== null) {
        kill(pid, 'SIGTERM');
        await untilGone(pid);
      }
      const words = ['feed', `--node=${this.name}`, '--until-empty', '--quiet'];
      const { status, stderr } = await this.#host.rq(words);
      if (status === 0) return;
      // The runner may have started its feeder a moment ago.
      if (round === 10)
        throw new Error(
          `node ${this.name} ended with ${status}: ${stderr.trim().split('\n').at(-1)}`,
        );
    }
  }

  async #start(): Promise<void> {
    const words = [`--node=${this.name}`, `--max-feed=${SLOTS}`];
    if (this.#params.isDaemon) {
      const { restartMs } = this.#params;
      const env = restartMs === null ? {} : { RQ_RESTART_MS: String(restartMs) };
      const { status, signal, stderr } = await this.#host.rq(['start', ...words], {
        env: { ...env },
      });
      if (status !== 0)
        this.complaints.push(`start: ${signal ?? status} ${stderr.trim().split('\n').at(-1)}`);
      return;
    }
    const going = this.#host.go(['feed', '--quiet', ...words]);
    this.#child = going;
    void going.ended.then(({ status, signal, stderr }) => {
      this.#child = null;
      if (signal !== 'SIGKILL' && status !== 0) {
        this.complaints.push(`feed: ${signal ?? status} ${stderr.trim().split('\n').at(-1)}`);
      }
    });
  }
}
