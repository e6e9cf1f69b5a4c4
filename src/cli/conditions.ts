import { RqError } from '../domain/error.js';
import { looksLikeFilter, parseFilter } from '../domain/filter.js';
import { parseSelection, type JobQuery } from '../domain/selection.js';

/**
 * What the words of `query` mean: each is a condition, a selection (`42`, `running`) or an expression
 * of conditions with `and`, `or` and parentheses, and all of them must hold. It looks like the SQL
 * that Ruby Queue pasted into its statement, but it is parsed here and never becomes SQL text.
 *
 *     priority > 3 and (state = 'pending' or tag = 'night run')
 *
 * @throws RqError `bad-selection`
 */
export function parseConditions(words: readonly string[]): JobQuery {
  const parts = words.filter((word) => word.trim() !== '').map((word) => parseWord(word));
  return together('and', parts);
}

/** What is no expression may still be one condition whose value has blanks: `command=sleep 10`. */
function parseWord(word: string): JobQuery {
  try {
    return new Parser(word).parse();
  } catch (error) {
    if (!(error instanceof RqError) || JOINED.test(word) || !looksLikeFilter(word)) throw error;
    try {
      return parseFilter(word);
    } catch {
      throw error;
    }
  }
}

/** More than one condition, or quotes: an error in it is an error. */
const JOINED = /['"]|\b(and|or)\b/i;
const SIGN = /^(==|!=|<>|=~|!~|<=|>=|=|<|>)/;
const SPACE = /^\s+/;
/** Text that is not a quote, parenthesis, sign or blank. */
const BARE = /^[^\s()'"=<>!~]+/;
/** A value may hold signs and a pattern's letters: `tag=a=b`, `command=~make*`. */
const BARE_VALUE = /^[^\s()'"]+/;

interface Token {
  readonly kind: 'name' | 'sign' | 'value' | 'open' | 'close' | 'and' | 'or' | 'end';
  readonly text: string;
  readonly quoted: boolean;
}

const END: Token = { kind: 'end', text: '', quoted: false };

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parse(): JobQuery {
    const query = this.#alternatives();
    if (this.#peek().kind !== 'end') throw this.#unexpected();
    return query;
  }

  #alternatives(): JobQuery {
    const parts = [this.#conjunction()];
    while (this.#take('or') !== null) parts.push(this.#conjunction());
    return together('union', parts);
  }

  #conjunction(): JobQuery {
    const parts = [this.#condition()];
    while (this.#take('and') !== null) parts.push(this.#condition());
    return together('and', parts);
  }

  #condition(): JobQuery {
    if (this.#take('open') !== null) {
      const inner = this.#alternatives();
      if (this.#take('close') === null) throw this.#unexpected();
      return inner;
    }
    const name = this.#take('name');
    if (name === null) throw this.#unexpected();
    const sign = this.#take('sign');
    if (sign === null) return this.#isNull(name) ?? parseSelection([name.text]);
    const value = this.#take('value');
    const operator = sign.text === '<>' ? '!=' : sign.text;
    return parseFilter(`${name.text}${operator}${value === null ? '' : asValue(value)}`);
  }

  /** SQL's `field is null` and `field is not null`. */
  #isNull({ text }: Token): JobQuery | null {
    const rest = this.#tokens.slice(this.#next, this.#next + 3).map((token) => token.text);
    const found = /^is (not )?null\b/i.exec(rest.join(' '));
    if (found === null) return null;
    this.#next += found[1] === undefined ? 2 : 3;
    return parseFilter(`${text}${found[1] === undefined ? '=' : '!='}null`);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? END;
  }

  #take(kind: Token['kind']): Token | null {
    const token = this.#peek();
    if (token.kind !== kind) return null;
    this.#next += 1;
    return token;
  }

  #unexpected(): RqError {
    const { kind, text } = this.#peek();
    const what = kind === 'end' ? 'the end' : `"${text}"`;
    return new RqError('bad-selection', `cannot read the condition "${this.#text}" at ${what}`);
  }
}

/** Quotes keep `null` and numbers in a text field what they are: text. */
function asValue({ text, quoted }: Token): string {
  if (!quoted) return text;
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let rest = text;
  while (rest !== '') {
    const space = SPACE.exec(rest)?.[0];
    if (space !== undefined) {
      rest = rest.slice(space.length);
      continue;
    }
    const [token, length] = readToken(rest, tokens.at(-1)?.kind === 'sign');
    if (length === 0) throw new RqError('bad-selection', `cannot read the condition "${text}"`);
    tokens.push(token);
    rest = rest.slice(length);
  }
  return tokens;
}

function readToken(rest: string, afterSign: boolean): [Token, number] {
  const quote = rest[0];
  if (quote === "'" || quote === '"') return readQuoted(rest, quote, afterSign);
  if (quote === '(') return [{ kind: 'open', text: '(', quoted: false }, 1];
  if (quote === ')') return [{ kind: 'close', text: ')', quoted: false }, 1];
  const sign = afterSign ? undefined : SIGN.exec(rest)?.[0];
  if (sign !== undefined) return [{ kind: 'sign', text: sign, quoted: false }, sign.length];
  const bare = (afterSign ? BARE_VALUE : BARE).exec(rest)?.[0] ?? '';
  if (afterSign) return [{ kind: 'value', text: bare, quoted: false }, bare.length];
  const joiner = bare.toLowerCase();
  const kind = joiner === 'and' || joiner === 'or' ? joiner : 'name';
  return [{ kind, text: bare, quoted: false }, bare.length];
}

/** A quote is written twice inside quotes, as in SQL. */
function readQuoted(rest: string, quote: string, afterSign: boolean): [Token, number] {
  const found = (quote === "'" ? /^'((?:[^']|'')*)'/ : /^"((?:[^"]|"")*)"/).exec(rest);
  if (found === null) throw new RqError('bad-selection', `a quote is not closed: ${rest}`);
  const text = (found[1] ?? '').replaceAll(quote + quote, quote);
  return [{ kind: afterSign ? 'value' : 'name', text, quoted: true }, found[0].length];
}

function together(kind: 'and' | 'union', parts: readonly JobQuery[]): JobQuery {
  const [only] = parts;
  if (only === undefined) return { kind: 'none' };
  return parts.length === 1 ? only : { kind, parts };
}
