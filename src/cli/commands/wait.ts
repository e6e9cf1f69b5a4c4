import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import type { JobQuery } from '../../domain/selection.js';
import { parseDuration } from '../../domain/time.js';
import type { Queue } from '../../queue/queue.js';
import { jobCount } from '../command.js';
import { flag, text } from '../declare.js';
import { EXIT } from '../exit.js';
import { JobsCommand } from '../jobs-command.js';
import { missingJid } from '../selection.js';

/** Without words: what is not over yet. */
const NOT_OVER: JobQuery = { kind: 'states', states: ['pending', 'holding', 'waiting', 'running'] };

export class WaitCommand extends JobsCommand {
  static override paths = [['wait']];

  readonly any = flag('any');
  readonly timeout = text('timeout');
  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const printer = await this.printer();
    const endMs =
      this.timeout === undefined
        ? Infinity
        : performance.now() + parseDuration(this.timeout) * 1000;
    const { hasSucceeded, JobWatch } = await import('../job-watch.js');
    const signal = this.interruptSignal();
    const queue = await this.openQueue();
    const watch = new JobWatch(queue, await this.jids(queue));
    let failed = 0;
    while (watch.size > 0) {
      const ended = watch.look();
      if (ended !== null) {
        failed += ended.jobs.filter((job) => !hasSucceeded(job)).length + ended.deleted.length;
        for (const jid of ended.deleted) this.note(`job ${jid} was deleted`);
        if (this.quiet !== true) await printer.print(ended.jobs);
        if (this.any === true && ended.jobs.length + ended.deleted.length > 0) break;
        if (watch.size === 0) break;
      }
      if (performance.now() >= endMs) {
        throw new RqError(
          'timeout',
          `${jobCount(watch.size)} not over after ${withUnit(this.timeout)}`,
        );
      }
      await watch.pause(endMs - performance.now(), signal);
    }
    if (this.quiet !== true) await printer.end();
    return failed === 0 ? EXIT.done : EXIT.jobFailed;
  }

  /** The set is fixed now: jobs that come later are none of it. */
  private async jids(queue: Queue): Promise<number[]> {
    const { dash } = this.context;
    const isBare = this.words.length === 0 && !dash;
    const query = isBare ? NOT_OVER : await this.selection(this.words, { empty: 'none' });
    const { readJobs } = await import('../../queue/select.js');
    const jids = Array.from(readJobs(queue, query), (job) => job.jid);
    const missing = missingJid(query, new Set(jids));
    if (missing !== null) throw new RqError('job-not-found', `no job ${missing}`);
    if (jids.length > 0 || isBare) return jids;
    throw new RqError('nothing-matched', 'no job is selected: nothing to wait for');
  }
}

/** A bare number of `--timeout` is seconds. */
function withUnit(duration = ''): string {
  return /^[\d.]+$/.test(duration) ? `${duration} s` : duration;
}
