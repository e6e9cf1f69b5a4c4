import { Option } from 'clipanion';
import { ChangeCommand } from '../change-command.js';

export class HoldCommand extends ChangeCommand {
  static override paths = [['hold']];

  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const query = await this.selection(this.words, { empty: 'none' });
    const { holdJobs } = await import('../../queue/hold.js');
    return this.applyChange(query, (queue, jobs) =>
      holdJobs(queue, jobs, { dryRun: this.dryRun === true }),
    );
  }
}
