import { join } from 'node:path';
import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import { RqCommand } from '../command.js';
import { EXIT } from '../exit.js';
import { openIfThere } from '../follow.js';
import { missingJid, readSelection } from '../selection.js';

type Stream = 'stdin' | 'stdout' | 'stderr';

const CHUNK_BYTES = 64 * 1024;

/** What `stdin`, `stdout`, `stderr` and their path modes share: which jobs are meant. */
abstract class StreamCommand extends RqCommand {
  readonly words = Option.Rest();

  protected abstract readonly stream: Stream;
  protected abstract show(path: string): Promise<void>;

  protected override async run(): Promise<number> {
    const { input, dash } = this.context;
    if (this.words.length === 0 && !dash) {
      throw new RqError('usage', `no job: rq QUEUE ${this.path[0] ?? this.stream} 42`);
    }
    const query = await readSelection({
      words: this.words,
      stdin: dash ? input : null,
      empty: 'none',
    });
    const { readJobs } = await import('../../queue/select.js');
    const queue = await this.openQueue();
    const found = new Set<number>();
    for (const job of readJobs(queue, query)) {
      found.add(job.jid);
      await this.show(join(queue.paths[this.stream], String(job.jid)));
    }
    await this.out.flush();
    const missing = missingJid(query, found);
    if (missing !== null) throw new RqError('job-not-found', `no job ${missing}`);
    return EXIT.done;
  }
}

/** Prints the files' contents; a file that is not there yet is empty. */
abstract class ContentCommand extends StreamCommand {
  protected override async show(path: string): Promise<void> {
    const file = await openIfThere(path);
    if (file === null) return;
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
        if (bytesRead === 0) return;
        await this.out.write(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  }
}

/** Prints the files' paths, whether the files exist or not. */
abstract class PathCommand extends StreamCommand {
  protected override async show(path: string): Promise<void> {
    await this.out.write(`${path}\n`);
  }
}

export class StdinCommand extends ContentCommand {
  static override paths = [['stdin']];
  protected override readonly stream = 'stdin';
}

export class StdoutCommand extends ContentCommand {
  static override paths = [['stdout']];
  protected override readonly stream = 'stdout';
}

export class StderrCommand extends ContentCommand {
  static override paths = [['stderr']];
  protected override readonly stream = 'stderr';
}

export class Stdin4Command extends PathCommand {
  static override paths = [['stdin4']];
  protected override readonly stream = 'stdin';
}

export class Stdout4Command extends PathCommand {
  static override paths = [['stdout4']];
  protected override readonly stream = 'stdout';
}

export class Stderr4Command extends PathCommand {
  static override paths = [['stderr4']];
  protected override readonly stream = 'stderr';
}
