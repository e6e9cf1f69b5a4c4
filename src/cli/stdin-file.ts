import { closeSync, createWriteStream, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RqError } from '../domain/error.js';
import type { RqContext } from './context.js';

/** The file that `--stdin` means: the user's own, or a copy of rq's standard input on local disk. */
export class StdinFile {
  /** null: no `--stdin`. */
  readonly path: string | null;
  /** Of the copy, which has no name: however rq ends, nothing is left behind. */
  readonly #descriptor: number | null;

  private constructor(path: string | null, descriptor: number | null) {
    this.path = path;
    this.#descriptor = descriptor;
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
    const descriptor = openNameless();
    const file = new StdinFile(`/proc/self/fd/${descriptor}`, descriptor);
    try {
      const copy = createWriteStream('', { fd: descriptor, autoClose: false });
      await pipeline(context.input(), copy);
    } catch (error) {
      file.remove();
      throw error;
    }
    return file;
  }

  remove(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
  }
}

/** A file in a directory of our own, both removed at once. */
function openNameless(): number {
  const directory = mkdtempSync(join(tmpdir(), 'rq-stdin-'));
  try {
    return openSync(join(directory, 'stdin'), 'wx+', 0o600);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
