import { Option } from 'clipanion';
import { ChangeCommand } from '../change-command.js';
import { flag, list, optionalText, text } from '../declare.js';
import { hostList, priorityOf } from '../submitter-command.js';
import { StdinFile } from '../stdin-file.js';

export class ResubmitCommand extends ChangeCommand {
  static override paths = [['resubmit']];

  readonly priority = text('priority');
  readonly tag = text('tag');
  readonly runner = list('runner');
  readonly restartable = flag('restartable');
  readonly stage = flag('stage');
  readonly stdin = optionalText('stdin');
  readonly infile = text('infile');
  readonly force = flag('force');
  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const input = await StdinFile.from(this.stdin, this.context);
    try {
      const { infile, priority, tag, runner, restartable, stage } = this;
      const query = await this.selection(this.words, { empty: 'none', infile });
      const overrides = {
        ...(priority === undefined ? {} : { priority: priorityOf(priority) }),
        ...(tag === undefined ? {} : { tag }),
        ...(runner === undefined ? {} : { hosts: hostList(runner) }),
        ...(restartable === undefined ? {} : { restartable }),
        ...(stage === undefined ? {} : { staged: stage }),
        ...(input.path === null ? {} : { stdinFile: input.path }),
      };
      const { resubmitJobs } = await import('../../queue/resubmit.js');
      return await this.applyChange(query, (queue, jobs) =>
        resubmitJobs(queue, jobs, overrides, {
          dryRun: this.dryRun === true,
          force: this.force === true,
        }),
      );
    } finally {
      input.remove();
    }
  }
}
