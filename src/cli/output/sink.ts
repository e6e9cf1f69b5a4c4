/** Text is gathered up to here: a write a line would cost a system call a line. */
const BUFFER_LENGTH = 64 * 1024;

/** Puts all of a chunk somewhere; settles when the reader has taken it. */
export type WriteChunk = (chunk: Uint8Array) => Promise<void>;

/**
 * Gathers text and writes it at the reader's pace.
 *
 * Await every `write` and the closing `flush`: that is how a listing learns to wait for its reader,
 * or to stop reading the queue when the reader is gone.
 */
export class Sink {
  readonly #writeChunk: WriteChunk;
  #parts: (string | Uint8Array)[] = [];
  #length = 0;

  constructor(writeChunk: WriteChunk) {
    this.#writeChunk = writeChunk;
  }

  async write(part: string | Uint8Array): Promise<void> {
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length >= BUFFER_LENGTH) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const chunk = Buffer.concat(
      this.#parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
    );
    this.#parts = [];
    this.#length = 0;
    await this.#writeChunk(chunk);
  }
}
