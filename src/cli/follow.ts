import { open } from 'node:fs/promises';
import { systemCode } from '../domain/error.js';
import type { Sink } from './output/sink.js';

const CHUNK_BYTES = 64 * 1024;
/** `tail` begins with so many lines of what is there, as tail(1) does, if they are not too long. */
const LAST_LINES = 10;
const LAST_BYTES = 64 * 1024;
/** So much of the copied text is compared. */
const KNOWN_BYTES = 256;
const LINE_FEED = 0x0a;

/**
 * Follows a file that another host may be writing.
 *
 * Each look opens the file anew: that makes an NFS client ask the server how long it is by now. A new
 * attempt of a job writes to a new file under the same name, which is then read from its start.
 */
export class FollowedFile {
  readonly #path: string;
  readonly #out: Sink;
  /** Told before new text is written: the place for a heading. */
  readonly #onText: () => Promise<void>;
  /** Inode number and birth time: a file system may give the number of a removed file to the next. */
  #identity = '';
  /** The end of what was copied, to know the file by where the file system keeps no birth time. */
  #copied: Buffer = Buffer.alloc(0);
  #offset = 0;
  #skipToLastLines: boolean;

  constructor(
    path: string,
    out: Sink,
    options: { lastLines?: boolean; onText?: () => Promise<void> } = {},
  ) {
    this.#path = path;
    this.#out = out;
    this.#skipToLastLines = options.lastLines === true;
    this.#onText = options.onText ?? (() => Promise.resolve());
  }

  /** Copies what is new. True if there was anything. */
  async copyNew(): Promise<boolean> {
    const file = await openIfThere(this.#path);
    if (file === null) return false;
    try {
      const { ino, birthtimeNs, size: length } = await file.stat({ bigint: true });
      const size = Number(length);
      const identity = `${ino}.${birthtimeNs}`;
      const isSame = this.#identity === identity && size >= this.#offset;
      if (!isSame || (birthtimeNs === 0n && !(await this.#goesOn(file)))) this.#offset = 0;
      this.#identity = identity;
      if (this.#skipToLastLines) this.#offset = await startOfLastLines(file, size);
      this.#skipToLastLines = false;
      return await this.#copyFrom(file);
    } finally {
      await file.close();
    }
  }

  /** Whether what was copied last still stands in the file before the place to go on from. */
  async #goesOn(file: FileHandle): Promise<boolean> {
    const { length } = this.#copied;
    if (this.#offset < length) return true;
    const from = this.#offset - length;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead).equals(this.#copied);
  }

  async #copyFrom(file: FileHandle): Promise<boolean> {
    let any = false;
    for (;;) {
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(CHUNK_BYTES),
        0,
        CHUNK_BYTES,
        this.#offset,
      );
      if (bytesRead === 0) break;
      if (!any) await this.#onText();
      any = true;
      this.#offset += bytesRead;
      this.#copied = Buffer.from(buffer.subarray(Math.max(0, bytesRead - KNOWN_BYTES), bytesRead));
      await this.#out.write(buffer.subarray(0, bytesRead));
    }
    if (any) await this.#out.flush();
    return any;
  }
}

type FileHandle = Awaited<ReturnType<typeof open>>;

/** null while the file is not there yet, or no longer. */
export async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (['ENOENT', 'ESTALE'].includes(systemCode(error) ?? '')) return null;
    throw error;
  }
}

async function startOfLastLines(file: FileHandle, size: number): Promise<number> {
  const from = Math.max(0, size - LAST_BYTES);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  const text = buffer.subarray(0, bytesRead);
  // The line feed at the very end ends the last line; it does not begin another.
  const feeds = text.at(-1) === LINE_FEED ? LAST_LINES + 1 : LAST_LINES;
  let at = text.length;
  for (let found = 0; found < feeds; found += 1) {
    at = at === 0 ? -1 : text.lastIndexOf(LINE_FEED, at - 1);
    if (at === -1) return from;
  }
  return from + at + 1;
}
