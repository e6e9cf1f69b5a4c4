import { statSync } from 'node:fs';
import { randomBelow } from '../host/random.js';
import { RqError, systemCode } from '../domain/error.js';
import { hostName, userName } from '../host/identity.js';
import { acquireLease, type Lease, type LeaseHolder } from '../lock/lease.js';
import type { Connection } from '../sqlite.js';
import { Connections } from './connections.js';
import { explainFailure, isBusy, needsRollback } from './failure.js';
import type { QueueFacts } from './facts.js';
import { Patience } from './patience.js';
import { queuePaths, type QueuePaths } from './paths.js';
import { parseSettings, type QueueSettings } from './settings.js';
import { sleepSync } from './sleep.js';
import {
  attemptTransaction,
  type Attempt,
  type Outcome,
  type WriteTransaction,
} from './transaction.js';
import { recoverJournal } from './recover-journal.js';
import { touchDirectory } from './wake.js';

export interface QueueOptions {
  /** How long a command may wait for other hosts before it gives up with `queue-busy`; null: for ever. */
  readonly waitMs?: number | null;
  /** Beat from a worker thread: for feeders and for work that may outlast a beat. */
  readonly beatFromWorker?: boolean;
  /** Open it although the mount could lose data: the owner's word. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly onWait?: (holder: LeaseHolder | null, waitedMs: number) => void;
}

export interface WriteOptions {
  /** This transaction may take seconds: beat from a worker thread meanwhile. */
  readonly long?: boolean;
}

const READ_POLL_MS_MAX = 20;

/** A queue directory that this process works with: the doors for reading and for writing. */
export class Queue {
  readonly directory: string;
  readonly paths: QueuePaths;
  readonly uuid: string;
  readonly settings: QueueSettings;
  /** Modes for what is made in the queue: shared with the group only if the queue is. */
  readonly fileMode: number;
  readonly directoryMode: number;
  readonly options: QueueOptions;
  readonly #connections: Connections;
  #generationSeen = 0;
  #lastInDoor: Promise<void> = Promise.resolve();

  constructor(directory: string, facts: QueueFacts, options: QueueOptions) {
    this.directory = directory;
    this.paths = queuePaths(directory);
    this.uuid = facts.uuid;
    this.#connections = new Connections(this.paths, facts.uuid);
    this.settings = parseSettings(facts.settings);
    const shared = (statSync(directory).mode & 0o020) !== 0;
    this.fileMode = shared ? 0o660 : 0o600;
    this.directoryMode = shared ? 0o770 : 0o700;
    this.options = options;
  }

  /**
   * Runs `work` on one consistent picture of the queue, without the lease. Keep it short: while it
   * runs, no COMMIT of any host gets through.
   */
  read<T>(work: (db: Connection) => T): T {
    let waitedMs = 0;
    for (;;) {
      try {
        touchDirectory(this.directory);
        return this.#connections.read(work);
      } catch (error) {
        if (needsRollback(error)) recoverJournal(this.directory, this.options.force ?? false);
        else if (!isBusy(error)) throw explainFailure(error, this.directory);
        else if (this.options.waitMs != null && waitedMs >= this.options.waitMs) {
          throw new RqError('queue-busy', `the queue at ${this.directory} is busy writing`, {
            cause: error,
          });
        }
      }
      const pauseMs = 1 + randomBelow(READ_POLL_MS_MAX);
      sleepSync(pauseMs);
      waitedMs += pauseMs;
    }
  }

  /**
   * Runs `work` in one write transaction and returns its value once the commit is durable. `work` may
   * run more than once: its effects outside the database belong into `tx.afterCommit`.
   *
   * @throws RqError `queue-busy` after `waitMs`, `outcome-unknown`, and what `explainFailure` knows
   */
  async write<T>(
    operation: string,
    work: (tx: WriteTransaction) => T,
    options: WriteOptions = {},
  ): Promise<T> {
    const patience = this.#patience();
    const leaveDoor = await this.#enterDoor();
    try {
      for (;;) {
        const { outcome, generation } = await this.#attempt(operation, work, options, patience);
        if (outcome.kind === 'fenced') {
          // Not the next number: a gap makes whoever takes the lease then fence the journal.
          this.#generationSeen = outcome.stored + 1;
          continue;
        }
        if (outcome.kind === 'busy') {
          await patience.pause();
          continue;
        }
        if (outcome.kind === 'unknown' && !(await this.#hasCommitted(outcome.token, generation))) {
          if (outcome.cause === null) continue;
          throw outcome.cause;
        }
        for (const step of outcome.steps) runQuietly(step);
        return outcome.value;
      }
    } catch (error) {
      throw explainFailure(error, this.directory);
    } finally {
      leaveDoor();
    }
  }

  #patience(): Patience {
    return new Patience(this.directory, this.options.waitMs ?? null);
  }

  /** One transaction of this process at a time: it has one connection, and one name at the lease. */
  async #enterDoor(): Promise<() => void> {
    const before = this.#lastInDoor;
    let leave = (): void => undefined;
    this.#lastInDoor = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    return leave;
  }

  close(): void {
    this.#connections.closeReader();
    this.#connections.closeWriter();
  }

  async #attempt<T>(
    operation: string,
    work: (tx: WriteTransaction) => T,
    options: WriteOptions,
    patience: Patience,
  ): Promise<{ outcome: Outcome<T>; generation: number }> {
    const lease = await this.acquireLease(options, patience);
    try {
      return {
        outcome: attemptTransaction(this.#door(operation), lease, work),
        generation: lease.generation,
      };
    } finally {
      await lease.release();
    }
  }

  /** What `attemptTransaction` needs of this queue. */
  #door(operation: string): Attempt {
    return {
      paths: this.paths,
      operation,
      selfLimitMs: this.settings.lease.selfLimitMs,
      actor: { user: userName(), host: hostName() },
      connect: () => this.#connections.writer(),
      disconnect: () => this.#connections.closeWriter(),
      isCurrent: () => this.#connections.isWriterCurrent(),
    };
  }

  /** The bare lease, for what writes beside the database. */
  acquireLease(options: WriteOptions = {}, patience = this.#patience()): Promise<Lease> {
    const { beatFromWorker, signal, onWait } = this.options;
    return acquireLease({
      directory: this.paths.lease,
      times: this.settings.lease,
      floor: () => this.#generationSeen,
      waitMs: patience.remainingMs(),
      beatFromWorker: (beatFromWorker ?? false) || (options.long ?? false),
      ...(signal === undefined ? {} : { signal }),
      ...(onWait === undefined ? {} : { onWait }),
    });
  }

  /**
   * Whether the transaction that wrote `token` is in the queue. Under a later lease the answer is
   * final: our connection is closed, so nothing of it can be committed any more.
   */
  async #hasCommitted(token: string, generation: number): Promise<boolean> {
    // Without a limit: an acknowledgement hangs on the answer.
    const patience = new Patience(this.directory, null);
    for (;;) {
      const lease = await this.acquireLease({}, patience);
      try {
        touchDirectory(this.directory);
        const db = this.#connections.writer();
        // IMMEDIATE, so that a hot journal is played back before we look.
        db.exec('begin immediate');
        const found = db
          .prepare<[number], string>('select token from commits where generation = ?')
          .pluck()
          .get(generation);
        db.exec('rollback');
        return found === token;
      } catch (error) {
        this.#connections.closeWriter();
        if (!isBusy(error)) {
          throw new RqError(
            'outcome-unknown',
            `the queue at ${this.directory} failed during a commit, and whether it was made cannot be read`,
            { cause: error },
          );
        }
      } finally {
        await lease.release();
      }
      await patience.pause();
    }
  }
}

/** A step after the commit is a convenience that others can do as well: it must not turn success into failure. */
function runQuietly(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (systemCode(error) === null) throw error;
  }
}
