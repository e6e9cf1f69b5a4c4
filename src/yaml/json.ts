import { RqError } from '../domain/error.js';
import { RECORD_LENGTH_MAX } from './lines.js';

/** One JSON object of a stream. */
export interface JsonPiece {
  readonly text: string;
  /** Of its first character, from 1. */
  readonly line: number;
}

/**
 * Cuts a stream of JSON into objects as its lines come: the items of one array, or objects one after
 * the other, on one line each or on many. Holds one object at a time.
 */
export class JsonSplitter {
  readonly #source: string;
  /** Braces and brackets that are open within the object; 0 between objects. */
  #depth = 0;
  #inString = false;
  #inArray = false;
  #ended = false;
  /** Within an array: whether an object has to be followed by a comma before the next. */
  #wantsComma = false;
  #text = '';
  #firstLine = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Takes the next line; the objects that end on it. */
  push(line: string, number: number): JsonPiece[] {
    const pieces: JsonPiece[] = [];
    let start = 0;
    for (let index = 0; index < line.length; index += 1) {
      const wasOpen = this.#depth > 0;
      if (this.#inString) index = this.#skipString(line, index);
      else if (!this.#take(line[index] ?? '', number)) continue;
      if (!wasOpen && this.#depth > 0) start = index;
      if (wasOpen && this.#depth === 0) {
        pieces.push({ text: this.#text + line.slice(start, index + 1), line: this.#firstLine });
        this.#text = '';
      }
    }
    if (this.#depth > 0) {
      this.#text += `${line.slice(start)}\n`;
      if (this.#text.length > RECORD_LENGTH_MAX)
        this.#refuse(this.#firstLine, 'a value without end');
    }
    return pieces;
  }

  /** @throws RqError `bad-document` when the stream ends within an object or the array. */
  end(lastLine: number): void {
    if (this.#depth > 0 || (this.#inArray && !this.#ended))
      this.#refuse(lastLine, 'unexpected end of JSON');
  }

  /** The index of the quote that ends the string, or of the end of the line. */
  #skipString(line: string, from: number): number {
    for (let index = from; index < line.length; index += 1) {
      if (line[index] === '\\') index += 1;
      else if (line[index] === '"') {
        this.#inString = false;
        return index;
      }
    }
    return line.length;
  }

  /** Whether the character could open or close an object. */
  #take(character: string, number: number): boolean {
    if (this.#depth > 0) {
      if (character === '"') this.#inString = true;
      else if (character === '{' || character === '[') this.#depth += 1;
      else if (character === '}' || character === ']') this.#depth -= 1;
      else return false;
      return true;
    }
    if (character === ' ' || character === '\t') return false;
    if (character === '{' && !this.#ended && !this.#wantsComma) {
      this.#depth = 1;
      this.#firstLine = number;
      this.#wantsComma = this.#inArray;
      return true;
    }
    if (character === '[' && !this.#inArray && this.#firstLine === 0) this.#inArray = true;
    else if (character === ']' && this.#inArray && !this.#ended) this.#ended = true;
    else if (character === ',' && this.#wantsComma && !this.#ended) this.#wantsComma = false;
    else
      this.#refuse(number, `unexpected ${JSON.stringify(character)} in JSON, expected an object`);
    return false;
  }

  #refuse(line: number, reason: string): never {
    throw new RqError('bad-document', `${this.#source}:${line}: ${reason}`);
  }
}

/** @throws RqError `bad-document` when the text is no JSON; `where` begins the message. */
export function parseJsonPiece(piece: JsonPiece, where: string): unknown {
  try {
    return JSON.parse(piece.text);
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
    throw new RqError('bad-document', `${where}: ${reason.slice(0, 120)}`, { cause });
  }
}
