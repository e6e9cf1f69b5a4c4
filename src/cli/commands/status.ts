import { RqError } from '../../domain/error.js';
import { RqCommand } from '../command.js';
import { list, text } from '../declare.js';
import { formatAnswer } from '../document.js';
import { EXIT } from '../exit.js';

export class StatusCommand extends RqCommand {
  static override paths = [['status']];

  readonly output = text('output');
  readonly exitNames = list('exit');

  protected override async run(): Promise<number> {
    const exit = parseExitNames(this.exitNames ?? []);
    const { readStatus } = await import('../../queue/status.js');
    const queue = await this.openQueue();
    const status = readStatus(queue, exit === null ? {} : { exit });
    await this.out.write(await formatAnswer({ ...status }, this.output));
    return EXIT.done;
  }
}

/** `ok=0,42 bad=1`, in one option or several; null when none is given. */
function parseExitNames(texts: readonly string[]): Record<string, number[]> | null {
  const words = texts.flatMap((given) => given.split(/\s+/)).filter((word) => word !== '');
  if (words.length === 0) return null;
  return Object.fromEntries(
    words.map((word) => {
      const [, name = '', codes = ''] = /^([^=]+)=([\d,]+)$/.exec(word) ?? [];
      const numbers = codes
        .split(',')
        .filter((code) => code !== '')
        .map(Number);
      if (name !== '' && numbers.length > 0) return [name, numbers];
      throw new RqError('usage', `--exit: expected name=code,code, got "${word}"`);
    }),
  );
}
