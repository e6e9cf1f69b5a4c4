import type { Log } from '../log.js';
import type { RunnerClient } from '../runner/client.js';
import type { Ending } from '../runner/protocol.js';

interface Parts {
  readonly runner: RunnerClient;
  readonly log: Log;
  /** Between TERM and KILL, in milliseconds. */
  readonly graceMs: number;
  /** Called when the grace is over. */
  readonly ring: () => void;
}

/** Ends all jobs of a node on its user's order: TERM to their sessions, and KILL to what is left after the grace. */
export class JobStopper {
  readonly #parts: Parts;
  #sent: 'nothing' | 'SIGTERM' | 'SIGKILL' = 'nothing';
  #graceIsOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Does what is due now; call it whenever something happened. */
  step(tokens: readonly string[]): void {
    const { runner, log, graceMs, ring } = this.#parts;
    if (tokens.length === 0) return;
    if (this.#sent === 'nothing') {
      this.#sent = 'SIGTERM';
      log.info('jobs.stopping', { jobs: tokens.length, grace_ms: graceMs });
      runner.signal(tokens, 'SIGTERM');
      setTimeout(() => {
        this.#graceIsOver = true;
        ring();
      }, graceMs);
    } else if (this.#sent === 'SIGTERM' && this.#graceIsOver) {
      this.#sent = 'SIGKILL';
      log.warn('jobs.killing', { jobs: tokens.length });
      runner.signal(tokens, 'SIGKILL');
    }
  }

  /** Whether a job that ended thus was stopped by us. One that ended well in spite of the TERM is simply done. */
  hasStopped(ending: Ending): boolean {
    return this.#sent !== 'nothing' && ending.exitStatus !== 0;
  }
}
