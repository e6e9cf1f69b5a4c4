import { isUtf8 } from 'node:buffer';
import { RqError } from '../domain/error.js';

/** One line or record may not be longer: a document without line ends must not fill the memory. */
export const RECORD_LENGTH_MAX = 64 << 20;

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * The lines of a byte stream in batches, without their ends (LF or CRLF) and without a leading byte
 * order mark. A last line needs no end.
 *
 * @throws RqError `bad-document` naming source and line for a NUL, invalid UTF-8 or an endless line.
 */
export async function* readLines(
  input: AsyncIterable<Buffer | string>,
  source: string,
): AsyncGenerator<string[]> {
  let pending: Buffer[] = [];
  let pendingLength = 0;
  let line = 1;
  const decode = (bytes: Buffer): string[] => {
    const lines = decodeLines(bytes, line, source);
    line += lines.length;
    return lines;
  };
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const end = bytes.lastIndexOf(LINE_FEED);
    if (end >= 0) {
      yield decode(
        pendingLength === 0
          ? bytes.subarray(0, end)
          : Buffer.concat([...pending, bytes.subarray(0, end)]),
      );
      pending = [];
      pendingLength = 0;
    }
    const rest = bytes.subarray(end + 1);
    if (rest.length === 0) continue;
    // A copy: a stream may use its buffer again, and a slice would keep all of it alive.
    pending.push(Buffer.from(rest));
    pendingLength += rest.length;
    if (pendingLength > RECORD_LENGTH_MAX) {
      throw new RqError(
        'bad-document',
        `${source}:${line}: longer than ${RECORD_LENGTH_MAX >> 20} MiB`,
      );
    }
  }
  if (pendingLength > 0) yield decode(Buffer.concat(pending));
}

function decodeLines(bytes: Buffer, firstLine: number, source: string): string[] {
  if (bytes.includes(0) || !isUtf8(bytes)) {
    throw new RqError(
      'bad-document',
      `${source}:${firstLine + badLine(bytes)}: binary input, expected UTF-8 text`,
    );
  }
  let text = bytes.toString('utf8');
  if (firstLine === 1 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
  const lines = text.split('\n');
  return text.includes('\r')
    ? lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    : lines;
}

/** How many line ends come before the first line that is not text. */
function badLine(bytes: Buffer): number {
  let start = 0;
  for (let count = 0; ; count += 1) {
    const end = bytes.indexOf(LINE_FEED, start);
    const line = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (end < 0 || line.includes(0) || !isUtf8(line)) return count;
    start = end + 1;
  }
}
