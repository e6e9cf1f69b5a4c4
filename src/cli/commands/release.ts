import { Option } from 'clipanion';
import { ChangeCommand } from '../change-command.js';

export class ReleaseCommand extends ChangeCommand {
  static override paths = [['release']];

  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const query = await this.selection(this.words, { empty: 'none' });
    const { releaseJobs } = await import('../../queue/hold.js');
    return this.applyChange(query, (queue, jobs) =>
      releaseJobs(queue, jobs, { dryRun: this.dryRun === true }),
    );
  }
}
