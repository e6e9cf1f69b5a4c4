import { Command } from 'clipanion';
import { RqError } from '../domain/error.js';
import type { LeaseHolder } from '../lock/lease.js';
import type { Queue, QueueOptions } from '../queue/queue.js';
import type { RqContext } from './context.js';
import { flag, optionalText, secondsOf, text } from './declare.js';
import { Sink } from './output/sink.js';
import { appendLine, STDERR, STDOUT, writeLine, writeTo } from './standard-streams.js';

/** A wait shorter than this is not worth a line. */
const WAIT_NOTE_AFTER_MS = 2_000;
const WAIT_NOTE_AGAIN_MS = 60_000;

/**
 * What all modes share: common options, the queue, data on stdout, notes on stderr.
 *
 * Errors are thrown; main.ts prints them and knows the exit status. clipanion itself would print them
 * on stdout.
 */
export abstract class RqCommand extends Command<RqContext> {
  readonly quiet = flag('quiet');
  readonly verbosity = optionalText('verbosity');
  readonly log = text('log');
  readonly waitLimit = text('wait');

  #out: Sink | null = null;
  #queue: Queue | null = null;
  #interrupts: AbortController | null = null;

  /** Does the work and returns the exit status. Heavy modules are imported inside. */
  protected abstract run(): Promise<number>;

  override async execute(): Promise<number> {
    try {
      const status = await this.run();
      await this.#out?.flush();
      return status;
    } finally {
      this.#queue?.close();
    }
  }

  /** stdout, at the reader's pace. */
  protected get out(): Sink {
    this.#out ??= new Sink((chunk) => writeTo(STDOUT, chunk));
    return this.#out;
  }

  protected get queuePath(): string {
    if (this.context.queue === null) throw new Error('this mode was started without a queue');
    return this.context.queue;
  }

  /** One line on stderr, and in the log if there is one. Never data. */
  protected note(line: string): void {
    writeLine(STDERR, `rq: ${line}`);
    if (this.log !== undefined) appendLine(this.log, `rq: ${line}`);
  }

  /** Opens the queue; closed when the command ends. */
  protected async openQueue(options: QueueOptions = {}): Promise<Queue> {
    const { openQueue } = await import('../queue/open.js');
    const waitMs = this.waitLimit === undefined ? null : secondsOf('wait', this.waitLimit) * 1000;
    this.#queue = openQueue(this.queuePath, {
      waitMs,
      onWait: waitNotes((line) => this.note(line)),
      ...options,
    });
    return this.#queue;
  }

  /** The same for what changes the queue or waits: Ctrl-C ends it at a safe place. */
  protected async openQueueToChange(options: QueueOptions = {}): Promise<Queue> {
    return this.openQueue({ signal: this.interruptSignal(), ...options });
  }

  /** Where a job's error output goes. */
  protected errorSink(): Sink {
    return new Sink((chunk) => writeTo(STDERR, chunk));
  }

  /** Aborted by SIGINT or SIGTERM; a second one ends the process at once. */
  protected interruptSignal(): AbortSignal {
    if (this.#interrupts !== null) return this.#interrupts.signal;
    const controller = new AbortController();
    this.#interrupts = controller;
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (!controller.signal.aborted) {
          controller.abort(new RqError('interrupted', `interrupted by ${name}`));
          return;
        }
        // The second time the signal has its usual effect, whatever we are waiting for.
        process.removeAllListeners(name);
        process.kill(process.pid, name);
      });
    }
    return controller.signal;
  }
}

/** Says who holds the queue when a writer waits for long, and says it again once a minute. */
function waitNotes(
  note: (line: string) => void,
): (holder: LeaseHolder | null, waitedMs: number) => void {
  let nextMs = WAIT_NOTE_AFTER_MS;
  return (holder, waitedMs) => {
    if (waitedMs < nextMs) return;
    nextMs = waitedMs + WAIT_NOTE_AGAIN_MS;
    note(describeWait(holder));
  };
}

export function describeWait(holder: LeaseHolder | null): string {
  if (holder === null) return 'waiting for others to give the queue free';
  const { host, pid, heldMs } = holder;
  const held =
    heldMs === null ? '' : `, which has held the queue for ${(heldMs / 1000).toFixed(1)} s`;
  return `waiting for ${host} pid ${pid}${held}`;
}

/** `1 job`, `3 jobs`. */
export function jobCount(count: number): string {
  return `${count} job${count === 1 ? '' : 's'}`;
}
