import { Option } from 'clipanion';
import { ChangeCommand } from '../change-command.js';
import { flag } from '../declare.js';

export class RetryCommand extends ChangeCommand {
  static override paths = [['retry']];

  readonly force = flag('force');
  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const query = await this.selection(this.words, { empty: 'none' });
    const { retryJobs } = await import('../../queue/resubmit.js');
    const options = { dryRun: this.dryRun === true, force: this.force === true };
    return this.applyChange(query, (queue, jobs) => retryJobs(queue, jobs, {}, options), {
      skipUnnamed: true,
    });
  }
}
