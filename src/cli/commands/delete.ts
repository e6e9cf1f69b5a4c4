import { createInterface } from 'node:readline/promises';
import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import type { JobQuery } from '../../domain/selection.js';
import type { Queue } from '../../queue/queue.js';
import { ChangeCommand } from '../change-command.js';
import { jobCount } from '../command.js';
import { isTerminal, STDERR, STDIN } from '../standard-streams.js';
import { flag } from '../declare.js';

export class DeleteCommand extends ChangeCommand {
  static override paths = [['delete']];

  readonly yes = flag('yes');
  readonly force = flag('force');
  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const query = await this.selection(this.words, { empty: 'none' });
    const { deleteJobs } = await import('../../queue/delete.js');
    return this.applyChange(query, async (queue, jobs) => {
      await this.confirm(queue, jobs);
      const options = { dryRun: this.dryRun === true, force: this.force === true };
      return deleteJobs(queue, jobs, options);
    });
  }

  /** Asks on a terminal before more than one job goes; a script is never asked. */
  private async confirm(queue: Queue, query: JobQuery): Promise<void> {
    if (this.yes === true || this.dryRun === true || this.context.dash) return;
    if (!isTerminal(STDIN) || !isTerminal(STDERR)) return;
    const { countJobs } = await import('../../queue/select.js');
    const count = countJobs(queue, query);
    if (count < 2) return;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await terminal.question(`delete ${jobCount(count)}? [y/N] `);
      if (!/^y(es)?$/i.test(answer.trim())) throw new RqError('interrupted', 'nothing was deleted');
    } finally {
      terminal.close();
    }
  }
}
