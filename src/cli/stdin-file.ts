import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RqError } from '../domain/error.js';
import type { RqContext } from './context.js';

/** The file that `--stdin` means: the user's own, or a copy of rq's standard input on local disk. */
export class StdinFile {
  /** null: no `--stdin`. */
  readonly path: string | null;
  readonly #directory: string | null;

  private constructor(path: string | null, directory: string | null) {
    this.path = path;
    this.#directory = directory;
  }

  /** @throws RqError `usage` when standard input is asked for twice */
  static async from(
    option: string | boolean | undefined,
    context: Pick<RqContext, 'input' | 'dash'>,
  ): Promise<StdinFile> {
    if (option === undefined || option === false) return new StdinFile(null, null);
    if (typeof option === 'string' && option !== '-') return new StdinFile(resolve(option), null);
    if (context.dash) {
      throw new RqError('usage', 'both - and --stdin read standard input: give one of them a file');
    }
    const directory = mkdtempSync(join(tmpdir(), 'rq-stdin-'));
    const file = new StdinFile(join(directory, 'stdin'), directory);
    try {
      await pipeline(context.input(), createWriteStream(join(directory, 'stdin'), { mode: 0o600 }));
    } catch (error) {
      file.remove();
      throw error;
    }
    return file;
  }

  remove(): void {
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true });
  }
}
