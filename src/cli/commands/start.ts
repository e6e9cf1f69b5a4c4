import { text } from '../declare.js';
import { formatAnswer } from '../document.js';
import { EXIT } from '../exit.js';
import { FeederCommand } from '../node-command.js';

export class StartCommand extends FeederCommand {
  static override paths = [['start']];

  readonly output = text('output');

  protected override async run(): Promise<number> {
    const options = this.feedOptions(true);
    const { startFeeder } = await import('../../feeder/daemon.js');
    const queue = await this.openQueue({ force: this.force === true });
    const { pid, alreadyFeeding } = await startFeeder(queue, options);
    if (this.quiet === true) return EXIT.done;
    await this.out.write(await formatAnswer({ pid, started: !alreadyFeeding }, this.output));
    return EXIT.done;
  }
}
