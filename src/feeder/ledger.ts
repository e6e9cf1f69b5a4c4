import type { Log } from '../log.js';
import type { ClaimedJob } from '../queue/claim.js';
import type { RunningAttempt } from '../queue/nodes.js';
import type { RunnerClient } from '../runner/client.js';
import type { ArmedShell, Ending } from '../runner/protocol.js';
import { reconcile } from './reconcile.js';
import type { Settlement } from './tick.js';

/** What a feeder knows of its attempts, by token: shells that wait, jobs that run, endings to record. */
export class Ledger {
  readonly armed = new Map<string, ArmedShell>();
  readonly running = new Map<string, { readonly jid: number; readonly attempt: number }>();
  readonly settlements = new Map<string, Settlement>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Starts from what the queue says this node runs and from what its runner knows. */
  adopt(attempts: readonly RunningAttempt[], runner: RunnerClient): void {
    const { settlements, running, strays } = reconcile(attempts, runner);
    for (const { token, jid, attempt } of attempts) this.running.set(token, { jid, attempt });
    for (const settlement of settlements) {
      this.settlements.set(settlement.ending.token, settlement);
    }
    for (const token of strays) this.#log.warn('attempt.superseded', { token });
    runner.signal(strays, 'SIGKILL');
    if (running.length > 0) this.#log.info('jobs.adopted', { jobs: running.length });
  }

  ended(ending: Ending, stopped: boolean): void {
    this.armed.delete(ending.token);
    this.settlements.set(ending.token, { ending, stopped });
  }

  claimed(jobs: readonly ClaimedJob[]): void {
    for (const { token, jid, attempt } of jobs) {
      this.armed.delete(token);
      this.running.set(token, { jid, attempt });
    }
  }

  /** The queue has recorded these, or no longer wants them (`refused`). */
  settled(settlements: readonly Settlement[], refused: readonly string[]): void {
    for (const { ending } of settlements) {
      this.#logEnding(ending, refused.includes(ending.token));
      this.settlements.delete(ending.token);
      this.running.delete(ending.token);
    }
  }

  #logEnding(ending: Ending, isRefused: boolean): void {
    const job = this.running.get(ending.token);
    const fields = {
      jid: job?.jid ?? null,
      attempt: job?.attempt ?? null,
      outcome: ending.outcome,
      exit_status: ending.exitStatus,
      signal: ending.signal,
      elapsed_s: ending.elapsedSeconds,
      reason: ending.reason,
    };
    if (isRefused) this.#log.warn('job.refused', fields);
    else if (ending.exitStatus === 0) this.#log.info('job.settled', fields);
    else this.#log.warn('job.settled', fields);
  }
}
