import { spawn } from 'node:child_process';
import type { Log } from '../log.js';
import { feederEnvironment } from './environment.js';

/** A feeder that died is started again after this; one that hands over connects its successor sooner. */
const RESTART_MS = 5_000;
/** Not more often: a feeder that dies at once must not be a fork bomb. */
const RESTART_PERIOD_MS = 30_000;
/** Without feeder and job a runner waits this long for a new feeder. */
const IDLE_MS = 60_000;

export interface LifetimeParams {
  readonly log: Log;
  readonly restartMs: number | null;
  readonly isQuiet: () => boolean;
  readonly exit: () => void;
}

/** Decides when the runner starts its feeder again, and when it has nothing left to do. */
export class Lifetime {
  readonly #params: LifetimeParams;
  readonly #restartMs: number;
  #restart: readonly string[] | null = null;
  #hasFeeder = false;
  #isStandIn = false;
  #saidBye = false;
  #restartTimer: NodeJS.Timeout | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #startedMs = -Infinity;
  #isOver = false;

  constructor(params: LifetimeParams) {
    this.#params = params;
    this.#restartMs = params.restartMs ?? RESTART_MS;
    this.changed();
  }

  /** `keep`: a neighbour that stands in; our own feeder is still to be started again, if it was. */
  feederCame(restart: readonly string[] | 'keep' | null): void {
    this.#hasFeeder = true;
    this.#isStandIn = restart === 'keep';
    if (restart === 'keep') return this.changed();
    this.#restart = restart;
    this.#saidBye = false;
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    this.#restartTimer = null;
    this.changed();
  }

  feederWent(bye: boolean): void {
    this.#hasFeeder = false;
    if (this.#isStandIn) {
      this.#saidBye ||= bye && this.#restart === null;
      return this.changed();
    }
    this.#saidBye = bye;
    if (!bye && this.#restart !== null) this.#restartAfter(this.#restartMs);
    this.changed();
  }

  /** Call after anything that may have ended. Unsettled endings stay in the spool for the next runner. */
  changed(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (this.#isOver || this.#hasFeeder || !this.#params.isQuiet()) return;
    this.#idleTimer = setTimeout(
      () => {
        this.#isOver = true;
        this.#params.exit();
      },
      this.#saidBye ? 0 : IDLE_MS,
    );
  }

  close(): void {
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
  }

  #restartAfter(delayMs: number): void {
    const sinceMs = performance.now() - this.#startedMs;
    const waitMs = Math.max(delayMs, Math.min(RESTART_PERIOD_MS, this.#restartMs * 6) - sinceMs);
    this.#restartTimer ??= setTimeout(() => {
      this.#restartTimer = null;
      this.#startFeeder();
      // Until it says hello it may have failed to start.
      this.#restartAfter(RESTART_PERIOD_MS);
    }, waitMs);
  }

  #startFeeder(): void {
    if (this.#restart === null) return;
    this.#startedMs = performance.now();
    const child = spawn(process.execPath, [...this.#restart], {
      detached: true,
      env: feederEnvironment(process.env),
      stdio: 'ignore',
    });
    child.on('error', (error) =>
      this.#params.log.error('feeder.unstarted', { error: error.message }),
    );
    child.on('exit', (code, signal) =>
      this.#params.log.info('feeder.exited', { pid: child.pid ?? 0, code, signal }),
    );
    child.unref();
    this.#params.log.info('feeder.restarted', { pid: child.pid ?? 0 });
  }
}
