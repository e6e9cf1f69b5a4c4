/** Letters that a terminal draws two cells wide: East Asian wide and full-width, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const INVISIBLE = /^[\p{Mark}\p{Format}]$/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** Cells that `text` takes on a terminal. It must not hold control characters. */
export function cellsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let cells = 0;
  for (const letter of text) cells += letterCells(letter);
  return cells;
}

/** `text` cut to `width` cells, with an ellipsis in the last one when something was cut off. */
export function fitCells(text: string, width: number): string {
  if (cellsOf(text) <= width) return text;
  let kept = '';
  let cells = 0;
  for (const letter of text) {
    cells += letterCells(letter);
    if (cells > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}

/** Control characters as escapes: a command with a line break or an escape sequence stays one line. */
export function onOneLine(text: string): string {
  return text.replaceAll(/\p{Control}/gu, (letter) => {
    if (letter === '\n') return '\\n';
    if (letter === '\t') return '\\t';
    return `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function letterCells(letter: string): number {
  if (INVISIBLE.test(letter)) return 0;
  return WIDE.test(letter) ? 2 : 1;
}
