import { RqError } from '../domain/error.js';
import { RECORD_LENGTH_MAX } from './lines.js';
import { isBlank, isComment } from './sniff.js';

/** A part of a YAML stream that can be loaded by itself: an item of the top list, or a whole document. */
export interface Piece {
  readonly kind: 'entry' | 'document';
  readonly lines: string[];
  /** Of its first line, from 1. */
  readonly line: number;
}

/** The beginning or the end of a document. */
const MARK = /^(?:---|\.\.\.)(?:\s|$)/;

/**
 * Cuts a YAML stream into pieces as its lines come, holding one piece at a time.
 *
 * In valid YAML a line that begins with a dash at the indentation of the top list can only be its
 * next item: block texts, nested values and the further lines of quoted texts are all indented
 * more. So no item has to be understood to find its end.
 */
export class EntrySplitter {
  readonly #source: string;
  #lines: string[] = [];
  #length = 0;
  #firstLine = 0;
  #kind: Piece['kind'] | null = null;
  #indent = '';

  constructor(source: string) {
    this.#source = source;
  }

  /**
   * Takes the next line; the piece that it ends, or null.
   *
   * @throws RqError `bad-document` when a piece grows beyond all measure.
   */
  push(line: string, number: number): Piece | null {
    if ((line.startsWith('---') || line.startsWith('...')) && MARK.test(line)) {
      const done = this.end();
      const rest = line.startsWith('-') ? line.slice(3) : '';
      // `--- []`: the document begins on the line of its mark. Blanks keep the columns true.
      if (!isBlank(rest) && !isComment(rest)) this.#start('document', `   ${rest}`, number);
      return done;
    }
    if (this.#kind === null) {
      if (isBlank(line) || isComment(line) || line.startsWith('%')) return null;
      this.#indent = /^ */.exec(line)?.[0] ?? '';
      this.#start(this.#isItem(line) ? 'entry' : 'document', line, number);
      return null;
    }
    if (this.#kind === 'document' || !this.#isItem(line)) {
      this.#lines.push(line);
      this.#length += line.length;
      if (this.#length > RECORD_LENGTH_MAX) {
        const limit = `${RECORD_LENGTH_MAX >> 20} MiB`;
        throw new RqError(
          'bad-document',
          `${this.#source}:${this.#firstLine}: longer than ${limit}`,
        );
      }
      return null;
    }
    const done = this.#take();
    this.#start('entry', line, number);
    return done;
  }

  /** The piece that the end of the stream or of the document ends, or null. */
  end(): Piece | null {
    const done = this.#take();
    this.#kind = null;
    return done;
  }

  #start(kind: Piece['kind'], line: string, number: number): void {
    this.#kind = kind;
    this.#lines = [line];
    this.#length = line.length;
    this.#firstLine = number;
  }

  #isItem(line: string): boolean {
    const at = this.#indent.length;
    if (
      line[at] !== '-' ||
      !(line.length === at + 1 || line[at + 1] === ' ' || line[at + 1] === '\t')
    )
      return false;
    return at === 0 || line.startsWith(this.#indent);
  }

  #take(): Piece | null {
    if (this.#kind === null) return null;
    const lines = this.#lines;
    this.#lines = [];
    return { kind: this.#kind, lines, line: this.#firstLine };
  }
}
