import { execFileSync } from 'node:child_process';
import { RqError } from '../../domain/error.js';
import { RqCommand } from '../command.js';
import { flag, list, optionalText, text } from '../declare.js';
import { formatAnswer } from '../document.js';
import { EXIT } from '../exit.js';

export class CreateCommand extends RqCommand {
  static override paths = [['create']];

  readonly output = text('output');
  readonly group = optionalText('group');
  readonly settings = list('set');
  readonly force = flag('force');

  protected override async run(): Promise<number> {
    const settings = parsePairs(this.settings ?? []);
    const { createQueue } = await import('../../queue/create.js');
    const queue = createQueue(this.queuePath, {
      ...(this.group === undefined || this.group === false ? {} : { group: groupOf(this.group) }),
      settings,
      force: this.force === true,
    });
    queue.close();
    if (this.group !== undefined) {
      this.note('whoever may write this queue can run anything as every account that feeds it');
    }
    if (this.quiet === true) return EXIT.done;
    const { directory, db, lease, bin, stdin, stdout, stderr, data } = queue.paths;
    const answer = { q: directory, db, lease, bin, stdin, stdout, stderr, data };
    await this.out.write(await formatAnswer(answer, this.output));
    return EXIT.done;
  }
}

function parsePairs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      if (equals > 0) return [word.slice(0, equals).replaceAll('-', '_'), word.slice(equals + 1)];
      throw new RqError('usage', `--set: expected name=value, got "${word}"`);
    }),
  );
}

/** Node cannot look up groups; getent asks wherever this host keeps them. */
function groupOf(name: string | true): number | true {
  if (name === true || name === '') return true;
  if (/^\d+$/.test(name)) return Number(name);
  try {
    const line = execFileSync('getent', ['group', '--', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(line.split(':')[2]);
  } catch (cause) {
    throw new RqError('usage', `--group: no such group: ${name}`, { cause });
  }
}
