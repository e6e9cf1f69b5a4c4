import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RqError } from '../domain/error.js';
import { findProgram } from '../host/program.js';
import { Slot } from './slot.js';
import type { SlotListener } from './slot.js';

/** Idle slot shells are kept this long: a feeder that lowered its slots seldom raises them again. */
const IDLE_MS = 10_000;

export interface SlotsParams {
  readonly localDirectory: string;
  readonly spoolDirectory: string;
  /** The slots' environment, which every job inherits. */
  readonly env: NodeJS.ProcessEnv;
  /** dash or bash; /bin/sh in use. */
  readonly shell: string;
}

/** The slot shells of a runner: made when needed, reused, ended when idle. */
export class Slots {
  readonly #params: SlotsParams;
  readonly #listener: SlotListener;
  readonly #scriptFile: string;
  readonly #setsid: string;
  readonly #all = new Set<Slot>();
  readonly #idle: Slot[] = [];
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(params: SlotsParams, listener: SlotListener) {
    this.#params = params;
    this.#listener = listener;
    const setsid = findProgram('setsid');
    if (setsid === null) {
      throw new RqError('runner-failed', 'no setsid in PATH: install util-linux');
    }
    this.#setsid = setsid;
    this.#scriptFile = join(params.localDirectory, 'slot.sh');
    keepCopy(new URL('./slot.sh', import.meta.url), this.#scriptFile);
  }

  get size(): number {
    return this.#all.size;
  }

  /** An idle slot, or a new one. Throws when none can be started. */
  take(): Slot {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const number = this.#freeNumber();
    const slot = new Slot(
      {
        number,
        shell: this.#params.shell,
        scriptFile: this.#scriptFile,
        spoolDirectory: this.#params.spoolDirectory,
        errorsFile: join(this.#params.localDirectory, `slot-${number}.err`),
        setsid: this.#setsid,
        env: this.#params.env,
      },
      this.#listener,
    );
    this.#all.add(slot);
    return slot;
  }

  giveBack(slot: Slot): void {
    if (!this.#all.has(slot)) return;
    this.#idle.push(slot);
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = null;
      for (const unused of this.#idle.splice(0)) unused.close();
    }, IDLE_MS);
  }

  forget(slot: Slot): void {
    this.#all.delete(slot);
    const index = this.#idle.indexOf(slot);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** Ends the idle ones now; the others when their job has ended. */
  close(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    this.#idle.length = 0;
    for (const slot of this.#all) slot.close();
  }

  #freeNumber(): number {
    const taken = new Set([...this.#all].map((slot) => slot.number));
    let number = 0;
    while (taken.has(number)) number += 1;
    return number;
  }
}

/**
 * A copy, since an upgrade of rq may replace its own files while this runner lives; and by rename, since
 * a shell of an earlier runner may still read the old one.
 */
function keepCopy(source: URL, file: string): void {
  const text = readFileSync(source, 'utf8');
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
