import { RqError } from './error.js';

/** Characters that no POSIX shell treats specially anywhere in a word. */
const SAFE_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;
/** As the first word these would be grammar or an assignment instead of a command. */
const NOT_A_COMMAND =
  /^([A-Za-z_][A-Za-z0-9_]*\+?=|(case|coproc|do|done|elif|else|esac|fi|for|function|if|in|select|then|time|until|while)$)/;

/** A shell line that a POSIX shell splits into exactly these words. */
export function quoteShellWords(argv: readonly string[]): string {
  return argv
    .map((word, index) => {
      const plain = SAFE_WORD.test(word) && !(index === 0 && NOT_A_COMMAND.test(word));
      return plain ? word : `'${word.replaceAll("'", "'\\''")}'`;
    })
    .join(' ');
}

/**
 * The words of a line as a shell would split it: quotes and backslashes are understood, nothing is
 * expanded, and operators (`|`, `>`, `;`) are ordinary characters.
 *
 * @throws RqError `usage` when a quote is not closed or the line ends in a backslash.
 */
export function splitShellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let index = 0;
  while (index < line.length) {
    const character = line[index] ?? '';
    if (/[ \t\n]/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
      index += 1;
      continue;
    }
    const piece = readPiece(line, index);
    word = (word ?? '') + piece.text;
    index = piece.next;
  }
  if (word !== null) words.push(word);
  return words;
}

function readPiece(line: string, index: number): { text: string; next: number } {
  const character = line[index];
  if (character === "'") {
    const end = line.indexOf("'", index + 1);
    if (end < 0) throw new RqError('usage', `no closing ' in ${JSON.stringify(line)}`);
    return { text: line.slice(index + 1, end), next: end + 1 };
  }
  if (character === '"') return readDoubleQuoted(line, index + 1);
  if (character === '\\') {
    const escaped = line[index + 1];
    if (escaped === undefined) {
      throw new RqError('usage', `nothing after the last \\ in ${JSON.stringify(line)}`);
    }
    return { text: escaped === '\n' ? '' : escaped, next: index + 2 };
  }
  const plain = /[^ \t\n'"\\]+/y;
  plain.lastIndex = index;
  const text = plain.exec(line)?.[0] ?? '';
  return { text, next: index + text.length };
}

function readDoubleQuoted(line: string, start: number): { text: string; next: number } {
  let text = '';
  for (let index = start; index < line.length; index += 1) {
    const character = line[index] ?? '';
    if (character === '"') return { text, next: index + 1 };
    const escaped = line[index + 1];
    // Between double quotes a backslash is special only before these.
    if (character === '\\' && escaped !== undefined && '$`"\\\n'.includes(escaped)) {
      if (escaped !== '\n') text += escaped;
      index += 1;
    } else {
      text += character;
    }
  }
  throw new RqError('usage', `no closing " in ${JSON.stringify(line)}`);
}
