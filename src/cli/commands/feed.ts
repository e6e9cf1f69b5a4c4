import { RqError } from '../../domain/error.js';
import { flag } from '../declare.js';
import { formatAnswer } from '../document.js';
import { EXIT } from '../exit.js';
import { FeederCommand } from '../node-command.js';

export class FeedCommand extends FeederCommand {
  static override paths = [['feed']];

  readonly daemon = flag('daemon');

  protected override async run(): Promise<number> {
    const { isDaemonItself } = await import('../../feeder/ready.js');
    const options = this.feedOptions(this.daemon === true);
    if (this.daemon !== true || isDaemonItself()) {
      const { feed } = await import('../../feeder/feed.js');
      const queue = await this.openQueue({ beatFromWorker: true, force: this.force === true });
      return feed(queue, options);
    }
    const { startFeeder } = await import('../../feeder/daemon.js');
    const queue = await this.openQueue({ force: this.force === true });
    const { pid, alreadyFeeding } = await startFeeder(queue, options);
    if (alreadyFeeding) {
      throw new RqError('already-feeding', `a feeder feeds here already: pid ${pid}`);
    }
    if (this.quiet !== true) {
      await this.out.write(await formatAnswer({ pid, started: true }, undefined));
    }
    return EXIT.done;
  }
}
