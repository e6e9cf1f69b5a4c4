import { RqError } from '../domain/error.js';
import { shown } from '../domain/shown.js';
import { EntrySplitter, type Piece } from './entries.js';
import { parseFlatRecord, parseRubyRecord } from './flat-record.js';
import { JsonSplitter, parseJsonPiece } from './json.js';
import { readLines } from './lines.js';
import { isBlank, isComment, sniffFormat } from './sniff.js';

/** A record of the input, or a line of it that is a command. */
export interface InputDocument {
  readonly record: Record<string, unknown> | { command: string };
  /** Where it begins, from 1. */
  readonly line: number;
  /** Its number in the stream, from 1. */
  readonly index: number;
}

export interface ReadOptions {
  /** Names the input in error messages: a file's path or `stdin`. */
  readonly source: string;
  /** Command lines that begin with `#` are commands. */
  readonly literal: boolean;
}

/** What a format yields: a record not yet looked at, and its line. */
interface Found {
  readonly value: unknown;
  readonly line: number;
}
interface Reader {
  /** Takes a line; `next` is the number of the record to come. */
  push(line: string, number: number, next: number): readonly Found[] | Promise<readonly Found[]>;
  end(lastLine: number, next: number): readonly Found[] | Promise<readonly Found[]>;
}

const NOTHING: readonly Found[] = [];

/**
 * The job records of a stream, in constant memory: YAML (a list, a map, several documents), JSON (an
 * array, an object, one object after the other) or one command a line, told apart by the first line
 * that is neither blank nor a comment.
 *
 * @throws RqError `bad-document` naming source, line and job, after the records before it.
 */
export async function* readDocuments(
  input: AsyncIterable<Buffer | string>,
  options: ReadOptions,
): AsyncGenerator<InputDocument> {
  const { source, literal } = options;
  let reader: Reader | null = null;
  let number = 0;
  let index = 0;
  for await (const lines of readLines(input, source)) {
    for (const line of lines) {
      number += 1;
      if (reader === null) {
        if (isBlank(line) || (!literal && isComment(line))) continue;
        reader = readerFor(line, options);
      }
      const pushed = reader.push(line, number, index + 1);
      for (const found of pushed instanceof Promise ? await pushed : pushed) {
        index += 1;
        yield checked(found, index, source);
      }
    }
  }
  for (const found of (await reader?.end(number, index + 1)) ?? NOTHING) {
    index += 1;
    yield checked(found, index, source);
  }
}

function readerFor(firstLine: string, options: ReadOptions): Reader {
  const format = sniffFormat(firstLine);
  if (format === 'yaml') return yamlReader(options.source);
  return format === 'json' ? jsonReader(options.source) : lineReader(options.literal);
}

function lineReader(literal: boolean): Reader {
  return {
    push: (line, number) => {
      if (isBlank(line) || (!literal && isComment(line))) return NOTHING;
      return [{ value: { command: trimCommand(line) }, line: number }];
    },
    end: () => NOTHING,
  };
}

/** Blanks at the ends mean nothing to a shell, but for one behind a backslash. */
function trimCommand(line: string): string {
  return line.trimStart().replace(/(?<!\\)\s+$/, '');
}

function jsonReader(source: string): Reader {
  const splitter = new JsonSplitter(source);
  return {
    push: (line, number, next) =>
      splitter.push(line, number).map((piece, offset) => ({
        value: parseJsonPiece(piece, place(source, piece.line, next + offset)),
        line: piece.line,
      })),
    end: (lastLine) => {
      splitter.end(lastLine);
      return NOTHING;
    },
  };
}

function yamlReader(source: string): Reader {
  const splitter = new EntrySplitter(source);
  return {
    push: (line, number, next) => {
      const piece = splitter.push(line, number);
      return piece === null ? NOTHING : readPiece(piece, source, next);
    },
    end: (_lastLine, next) => {
      const piece = splitter.end();
      return piece === null ? NOTHING : readPiece(piece, source, next);
    },
  };
}

function readPiece(
  piece: Piece,
  source: string,
  next: number,
): readonly Found[] | Promise<readonly Found[]> {
  if (piece.kind === 'entry') {
    const value = parseFlatRecord(piece.lines) ?? parseRubyRecord(piece.lines);
    if (value !== null) return [{ value, line: piece.line }];
  }
  const jids = jidLines(piece);
  if (jids !== null) return jids;
  return loadSlowly(piece, source, next);
}

/** What `list | grep -o 'jid: .*'` leaves: no YAML, as a map cannot have a key twice, but plain enough. */
function jidLines(piece: Piece): readonly Found[] | null {
  const found: Found[] = [];
  for (const [offset, line] of piece.lines.entries()) {
    const [, jid] = /^\s*jid:\s*(\d+)\s*$/.exec(line) ?? [];
    if (jid === undefined) return null;
    found.push({ value: { jid: Number(jid) }, line: piece.line + offset });
  }
  return found;
}

async function loadSlowly(piece: Piece, source: string, next: number): Promise<readonly Found[]> {
  const { loadPiece } = await import('./load.js');
  return loadPiece(piece, place(source, piece.line, next)).map((value) => ({
    value,
    line: piece.line,
  }));
}

function checked(found: Found, index: number, source: string): InputDocument {
  const { value, line } = found;
  if (!isRecord(value)) {
    throw new RqError(
      'bad-document',
      `${place(source, line, index)}: expected a map of fields, got ${kindOf(value)}`,
    );
  }
  return { record: value, line, index };
}

function place(source: string, line: number, index: number): string {
  return `${source}:${line}: job ${index}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : shown(value).slice(0, 60);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
