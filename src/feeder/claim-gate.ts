import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../domain/error.js';
import type { Log } from '../log.js';
import type { Ending } from '../runner/protocol.js';
import type { NodePlace } from './node-place.js';

const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 60_000;
/** More than one job's files need. Less is no proof: a shell that was let go frees room for the next to arm. */
const PROBE_BYTES = 64 * 1024;

interface GateParts {
  readonly place: Pick<NodePlace, 'jobs'>;
  readonly log: Log;
  /** Called when a pause is over. */
  readonly ring: () => void;
}

/**
 * Keeps a node whose jobs do not get as far as their command (full local disk) from claiming the same job
 * for ever: each round costs everybody on the queue two transactions. After a failure claims pause, longer
 * each time; before the next one the local directory must take a file.
 */
export class ClaimGate {
  readonly #parts: GateParts;
  #failures = 0;
  #needsProbe = false;
  #pause: NodeJS.Timeout | null = null;
  /** By token: why it could not be prepared, and how many failures were known when it was tried. */
  readonly #tried = new Map<string, { readonly why: string | null; readonly failures: number }>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  get isPausing(): boolean {
    return this.#pause !== null;
  }

  /** Call it when there is something to claim. After a failure it looks whether the disk takes a job again. */
  mayClaim(): boolean {
    if (this.isPausing) return false;
    if (!this.#needsProbe) return true;
    const why = probe(this.#parts.place.jobs);
    if (why === null) this.#needsProbe = false;
    else this.#failed(why);
    return why === null;
  }

  /** A claimed job was given its go; `why`: it could not be prepared, and its go was void. */
  tried(token: string, why: string | null): void {
    this.#tried.set(token, { why, failures: this.#failures });
    if (why !== null) this.#failed(why);
  }

  /** Learns from an ending, and returns it with the reason that only this side knows. */
  ended(ending: Ending): Ending {
    const tried = this.#tried.get(ending.token);
    this.#tried.delete(ending.token);
    if (tried === undefined) return ending;
    if (ending.outcome === 'unrun') {
      const reason = tried.why ?? ending.reason;
      this.#failed(reason ?? 'its shell was gone');
      return { ...ending, reason };
    }
    // One that began before the last failure says nothing about now.
    if (tried.failures === this.#failures && !this.#needsProbe) this.#failures = 0;
    return ending;
  }

  /** Several failures of one moment are one. */
  #failed(reason: string): void {
    if (this.isPausing) return;
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#needsProbe = true;
    this.#parts.log.error('claims.paused', { pause_s: pauseMs / 1000, reason });
    this.#pause = setTimeout(() => {
      this.#pause = null;
      this.#parts.ring();
    }, pauseMs);
    this.#pause.unref();
  }
}

/** Null, or why the directory cannot take a job's files. */
function probe(directory: string): string | null {
  const file = join(directory, 'probe');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    try {
      // Flushed: some file systems tell of a quota only then.
      writeFileSync(file, Buffer.alloc(PROBE_BYTES, 'rq'), { mode: 0o600, flush: true });
    } finally {
      rmSync(file, { force: true });
    }
    return null;
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
