import { RqError } from '../domain/error.js';
import type { JobQuery } from '../domain/selection.js';
import type { Changed } from '../queue/change.js';
import type { Queue } from '../queue/queue.js';
import { jobCount } from './command.js';
import { flag } from './declare.js';
import { EXIT } from './exit.js';
import { JobsCommand } from './jobs-command.js';
import type { JobPrinter } from './output/print.js';

/** Skipped jobs that are named one by one; the rest is a number. */
const SKIPPED_LINES_MAX = 10;

export type Change = (queue: Queue, query: JobQuery) => Promise<Changed>;

/** A mode that changes a selection of jobs and prints them after the commit. */
export abstract class ChangeCommand extends JobsCommand {
  readonly dryRun = flag('dry-run');

  /**
   * Applies `change` to `query` and prints what changed; that print is the acknowledgement.
   * The status tells whether all of it could be done.
   *
   * @param options.skipUnnamed no word about jobs that the change does not fit, unless jids name them
   * @throws RqError `nothing-matched` for an empty selection, before or after looking
   */
  protected async applyChange(
    query: JobQuery,
    change: Change,
    options: { skipUnnamed?: boolean } = {},
  ): Promise<number> {
    const printer = await this.printer();
    if (query.kind === 'none') throw nothingSelected();
    const queue = await this.openQueueToChange();
    const { jobs, skipped } = await change(queue, query);
    const isQuiet = options.skipUnnamed === true && query.kind !== 'jids';
    return this.report({ jobs, skipped: isQuiet ? [] : skipped }, printer);
  }

  private async report({ jobs, skipped }: Changed, printer: JobPrinter): Promise<number> {
    for (const { reason } of skipped.slice(0, SKIPPED_LINES_MAX)) this.note(reason);
    const more = skipped.length - SKIPPED_LINES_MAX;
    if (more > 0) this.note(`and ${more} more left as they are`);
    const missing = skipped.filter(({ isMissing }) => isMissing).length;
    if (jobs.length === 0 && skipped.length === 0) throw nothingSelected();
    if (this.dryRun === true)
      this.note(`${jobCount(jobs.length)} would change; nothing was changed`);
    if (jobs.length > 0 && this.quiet !== true) {
      await printer.print(jobs);
      await printer.end();
    }
    if (jobs.length > 0) return skipped.length === 0 ? EXIT.done : EXIT.refused;
    return missing === skipped.length ? EXIT.nothing : EXIT.refused;
  }
}

function nothingSelected(): RqError {
  return new RqError('nothing-matched', 'no job is selected: nothing was changed');
}
