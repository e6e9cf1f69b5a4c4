import { join } from 'node:path';
import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import type { Queue } from '../../queue/queue.js';
import { RqCommand } from '../command.js';
import { EXIT } from '../exit.js';
import type { FollowedFile } from '../follow.js';
import type { Sink } from '../output/sink.js';
import { readSelection } from '../selection.js';

export class TailCommand extends RqCommand {
  static override paths = [['tail']];

  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const { input, dash } = this.context;
    const query = await readSelection({
      words: this.words,
      stdin: dash ? input : null,
      empty: 'none',
    });
    const signal = this.interruptSignal();
    const queue = await this.openQueue();
    const { readJobs } = await import('../../queue/select.js');
    const jids = Array.from(readJobs(queue, query), (job) => job.jid);
    if (jids.length === 0)
      throw new RqError('job-not-found', 'no job is selected: nothing to follow');
    const { JobWatch } = await import('../job-watch.js');
    const watch = new JobWatch(queue, jids);
    const files = await this.files(queue, jids);
    for (;;) {
      // The end first, then the files: what a job wrote before its end is there by now.
      watch.look();
      for (const file of files) if (await file.copyNew()) watch.hurry();
      if (watch.size === 0) return EXIT.done;
      await watch.pause(Infinity, signal);
    }
  }

  /** stdout goes to stdout and stderr to stderr; with several jobs headings tell whose it is. */
  private async files(queue: Queue, jids: readonly number[]): Promise<FollowedFile[]> {
    const { FollowedFile } = await import('../follow.js');
    const heading = jids.length === 1 ? null : new Heading();
    return jids.flatMap((jid) =>
      (['stdout', 'stderr'] as const).map((stream) => {
        const out = stream === 'stdout' ? this.out : this.errorSink();
        const onText = (): Promise<void> => heading?.over(jid, stream, out) ?? Promise.resolve();
        return new FollowedFile(join(queue.paths[stream], String(jid)), out, {
          lastLines: true,
          onText,
        });
      }),
    );
  }
}

/** As tail(1) with several files: a heading when the file changes. */
class Heading {
  #last = '';

  async over(jid: number, stream: string, out: Sink): Promise<void> {
    const name = `${stream}/${jid}`;
    if (name === this.#last) return;
    await out.write(`${this.#last === '' ? '' : '\n'}==> ${name} <==\n`);
    this.#last = name;
  }
}
