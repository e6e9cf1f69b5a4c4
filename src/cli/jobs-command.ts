import type { JobQuery } from '../domain/selection.js';
import { RqCommand } from './command.js';
import { text } from './declare.js';
import { JobPrinter } from './output/print.js';
import { readSelection } from './selection.js';

/** A mode that prints jobs. */
export abstract class JobsCommand extends RqCommand {
  readonly output = text('output');
  readonly fieldList = text('fields');

  protected printer(): Promise<JobPrinter> {
    const { output, fieldList } = this;
    return JobPrinter.for(this.out, { output, fields: fieldList });
  }

  /** The jobs that words, `-` and an input file mean together. */
  protected selection(
    words: readonly string[],
    options: { empty: 'all' | 'none'; infile?: string | undefined },
  ): Promise<JobQuery> {
    const { input, dash } = this.context;
    return readSelection({ words, stdin: dash ? input : null, ...options });
  }
}
