import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import { parseConditions } from '../conditions.js';
import { ListingCommand } from './list.js';

export class QueryCommand extends ListingCommand {
  static override paths = [['query']];

  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const { dash } = this.context;
    if (this.words.length === 0 && !dash) {
      throw new RqError('usage', "no condition: rq QUEUE query 'exit_status != 0' tag=x");
    }
    const conditions = parseConditions(this.words);
    if (!dash) return this.printQuery(conditions);
    const jids = await this.selection([], { empty: 'none' });
    if (jids.kind === 'none') return this.printQuery(jids);
    return this.printQuery({ kind: 'and', parts: [jids, conditions] });
  }
}
