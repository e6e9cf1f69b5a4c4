import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import { isJobField } from '../../domain/fields.js';
import type { SortKey } from '../../queue/select.js';
import { text, wholeNumber } from '../declare.js';
import { EXIT } from '../exit.js';
import { JobsCommand } from '../jobs-command.js';
import type { JobQuery } from '../../domain/selection.js';

/** What `list` and `query` share: they differ in how their words are read. */
export abstract class ListingCommand extends JobsCommand {
  readonly sort = text('sort');
  readonly limit = text('limit');

  protected async printQuery(query: JobQuery): Promise<number> {
    const printer = await this.printer();
    const options = {
      ...(this.sort === undefined ? {} : { sort: sortKeys(this.sort) }),
      ...(this.limit === undefined ? {} : { limit: wholeNumber('limit', this.limit, 0) }),
    };
    const { readJobs } = await import('../../queue/select.js');
    const queue = await this.openQueue();
    await printer.print(readJobs(queue, query, options));
    await printer.end();
    return EXIT.done;
  }
}

export class ListCommand extends ListingCommand {
  static override paths = [['list']];

  readonly infile = text('infile');
  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    return this.printQuery(await this.selection(this.words, { empty: 'all', infile: this.infile }));
  }
}

/** `priority,-submitted`: a `-` in front reverses. */
function sortKeys(list: string): SortKey[] {
  return list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => {
      const descending = word.startsWith('-');
      const field = word.replace(/^[-+]/, '');
      if (isJobField(field)) return { field, descending };
      throw new RqError('usage', `--sort: no such field: ${field}`);
    });
}
