import { watch, type FSWatcher } from 'node:fs';
import { randomBelow } from '../host/random.js';
import { sample } from '../queue/wake.js';

/**
 * Says when there may be new work: at once when a process of this host bumps the directory (inotify
 * sees local changes, on NFS too), and within one poll when another host does (one round trip each).
 */
export class WakeWatch {
  readonly #directory: string;
  readonly #bounds: { readonly minMs: number; readonly maxMs: number };
  readonly #onWake: () => void;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #seen = '';

  constructor(directory: string, bounds: { minMs: number; maxMs: number }, onWake: () => void) {
    this.#directory = directory;
    this.#bounds = bounds;
    this.#onWake = onWake;
  }

  start(): void {
    this.#look();
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, () => this.#onWake());
      // Out of inotify watches, or the directory is gone: polling goes on and will say so.
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#watcher = null;
    }
  }

  stop(): void {
    this.#watcher?.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #look(): void {
    let now: string;
    try {
      now = sample(this.#directory);
    } catch {
      // The queue is away or gone: waking the feeder makes it look, and it knows what to do about it.
      now = '';
    }
    if (now === '' || now !== this.#seen) this.#onWake();
    this.#seen = now;
    const { minMs, maxMs } = this.#bounds;
    this.#timer = setTimeout(
      () => this.#look(),
      minMs + randomBelow(Math.max(1, maxMs - minMs + 1)),
    );
  }
}
