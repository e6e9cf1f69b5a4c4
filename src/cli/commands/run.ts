import { constants } from 'node:os';
import { join } from 'node:path';
import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import type { Job } from '../../domain/job.js';
import type { Queue } from '../../queue/queue.js';
import { EXIT } from '../exit.js';
import { StdinFile } from '../stdin-file.js';
import { SubmitterCommand } from '../submitter-command.js';

/** A job that nobody takes for so long is worth a word. */
const IDLE_NOTE_AFTER_MS = 5_000;
const SIGNAL_STATUS = 128;

export class RunCommand extends SubmitterCommand {
  static override paths = [['run']];

  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const { dash } = this.context;
    if (this.words.length === 0 || dash) {
      throw new RqError('usage', 'no command: rq QUEUE run COMMAND [ARGUMENT...]');
    }
    const input = await StdinFile.from(this.stdin, this.context);
    try {
      const queue = await this.openQueueToChange();
      const jid = await this.submit(queue, input.path);
      return await this.follow(queue, jid);
    } finally {
      input.remove();
    }
  }

  private async submit(queue: Queue, stdinFile: string | null): Promise<number> {
    const { jobOfCommand } = await import('../job-input.js');
    const { NEW_JOB_DEFAULTS } = await import('../../domain/new-job.js');
    const { submitJobs } = await import('../../queue/submit.js');
    const here = process.cwd();
    const job = jobOfCommand(this.words, {
      defaults: {
        ...NEW_JOB_DEFAULTS,
        cwd: here,
        baseDirectory: here,
        queueDirectory: queue.directory,
      },
      overrides: this.overrides(stdinFile),
      literal: false,
    });
    const [stored] = await submitJobs(queue, [job]);
    if (stored === undefined) throw new Error('one job was submitted and none came back');
    return stored.jid;
  }

  /** Copies the job's output as it grows. An interrupt ends the following, never the job. */
  private async follow(queue: Queue, jid: number): Promise<number> {
    const { FollowedFile } = await import('../follow.js');
    const { JobWatch } = await import('../job-watch.js');
    const files = [
      new FollowedFile(join(queue.paths.stdout, String(jid)), this.out),
      new FollowedFile(join(queue.paths.stderr, String(jid)), this.errorSink()),
    ];
    const watch = new JobWatch(queue, [jid]);
    const signal = this.interruptSignal();
    const goesOn = `job ${jid} goes on: rq ${this.queuePath} tail ${jid}`;
    const stopListening = onHangup(() => this.note(goesOn));
    const noteIdle = this.idleNote(queue, jid);
    try {
      for (;;) {
        const ended = watch.look();
        for (const file of files) if (await file.copyNew()) watch.hurry();
        const [job] = ended?.jobs ?? [];
        if (job !== undefined) return this.statusOf(job);
        if (ended?.deleted.includes(jid)) throw new RqError('job-failed', `job ${jid} was deleted`);
        await noteIdle();
        await watch.pause(Infinity, signal);
      }
    } catch (error) {
      if (signal.aborted) throw new RqError('interrupted', goesOn);
      if (error instanceof RqError && error.code.startsWith('queue-')) {
        this.note(`job ${jid} goes on wherever the queue is; its output is no longer followed`);
      }
      throw error;
    } finally {
      stopListening();
    }
  }

  private idleNote(queue: Queue, jid: number): () => Promise<void> {
    let atMs = performance.now() + IDLE_NOTE_AFTER_MS;
    return async () => {
      if (performance.now() < atMs) return;
      atMs = Infinity;
      const { readJob } = await import('../../queue/select.js');
      const state = readJob(queue, jid)?.state ?? 'gone';
      if (state !== 'running') this.note(`job ${jid} is ${state}; does any node feed this queue?`);
    };
  }

  private statusOf(job: Job): number {
    if (job.state === 'dead') {
      throw new RqError('job-failed', `job ${job.jid} is dead: ${job.reason ?? 'no reason known'}`);
    }
    if (job.signal === null) return job.exit_status ?? EXIT.jobFailed;
    const number = Object.entries(constants.signals).find(([name]) => name === job.signal)?.[1];
    this.note(`job ${job.jid} was ended by ${job.signal}`);
    return SIGNAL_STATUS + (number ?? 0);
  }
}

/**
 * Calls `last` before a hangup ends this process as it does by itself (129 in a shell). Returns what
 * ends the listening.
 */
function onHangup(last: () => void): () => void {
  const listener = (): void => {
    last();
    process.kill(process.pid, 'SIGHUP');
  };
  process.once('SIGHUP', listener);
  return () => process.off('SIGHUP', listener);
}
