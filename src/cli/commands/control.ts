import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import type { FeederOrder } from '../../feeder/control.js';
import { text } from '../declare.js';
import { formatAnswer } from '../document.js';
import { EXIT } from '../exit.js';
import { NodeCommand } from '../node-command.js';

/** A word to the feeder of this host. */
abstract class OrderCommand extends NodeCommand {
  readonly output = text('output');

  protected abstract readonly order: FeederOrder;

  protected override async run(): Promise<number> {
    const { signalFeeder } = await import('../../feeder/control.js');
    const queue = await this.openQueue();
    const { pid, signal } = signalFeeder(queue, this.nodeChoice(), this.order);
    if (this.quiet === true) return EXIT.done;
    await this.out.write(await formatAnswer({ pid, signaled: signal }, this.output));
    return EXIT.done;
  }
}

export class ShutdownCommand extends OrderCommand {
  static override paths = [['shutdown']];
  protected override readonly order = 'shutdown';
}

export class StopCommand extends OrderCommand {
  static override paths = [['stop']];
  protected override readonly order = 'stop';
}

export class RestartCommand extends OrderCommand {
  static override paths = [['restart']];
  protected override readonly order = 'restart';
}

abstract class FeederPidCommand extends NodeCommand {
  readonly output = text('output');

  protected async pid(): Promise<number | null> {
    const { feederPid } = await import('../../feeder/control.js');
    return feederPid(await this.openQueue(), this.nodeChoice());
  }

  protected async answer(value: Record<string, unknown>): Promise<void> {
    await this.out.write(await formatAnswer(value, this.output));
  }
}

export class PidCommand extends FeederPidCommand {
  static override paths = [['pid']];

  protected override async run(): Promise<number> {
    const pid = await this.pid();
    await this.answer({ pid });
    return pid === null ? EXIT.refused : EXIT.done;
  }
}

export class FeederModeCommand extends FeederPidCommand {
  static override paths = [['feeder']];

  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const [word] = this.words;
    if (word !== undefined && word !== 'pid') {
      throw new RqError('usage', `feeder takes only the word pid, got ${word}`);
    }
    const pid = await this.pid();
    await this.answer(word === 'pid' ? { pid } : { feeder: pid !== null });
    return pid === null ? EXIT.refused : EXIT.done;
  }
}
