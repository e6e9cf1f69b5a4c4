import { YAMLException, load } from 'js-yaml';
import { RqError } from '../domain/error.js';
import type { Piece } from './entries.js';

/**
 * The values of a piece by js-yaml: the items of a list, or the one value; nothing for an empty
 * document. In a file of its own because few runs need it and loading it costs 15 ms.
 *
 * @throws RqError `bad-document` with js-yaml's reason in one line; `where` begins the message.
 */
export function loadPiece(piece: Piece, where: string): unknown[] {
  const text = piece.lines.join('\n');
  let value: unknown;
  try {
    value = load(text);
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause;
    const line = cause.mark === undefined ? piece.line : piece.line + cause.mark.line;
    const place = line === piece.line ? '' : ` (line ${line})`;
    // Only the reason: js-yaml's own message repeats it and adds a picture of the text.
    throw new RqError('bad-document', `${where}: ${cause.reason}${place}`, {
      cause: cause.reason,
    });
  }
  if (Array.isArray(value)) return value;
  return value === null || value === undefined ? [] : [value];
}
