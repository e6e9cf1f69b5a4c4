import { RqError } from '../domain/error.js';
import {
  isOptionName,
  OPTION_NAMES,
  OPTIONS,
  optionOfLetter,
  type OptionName,
  type OptionSpec,
} from './options.js';
import { didYouMean } from '../domain/closest.js';

export interface ParsedOption {
  readonly name: OptionName;
  /** null: a switch, or an optional value that was not given. */
  readonly value: string | null;
  /** `--no-quiet`. */
  readonly negated: boolean;
}

export interface Scanned {
  readonly options: readonly ParsedOption[];
  readonly words: readonly string[];
  /** A lone `-` was seen. */
  readonly dash: boolean;
}

export interface ScanParams {
  readonly home: string;
  /** Is the last of these words part of a job's command? Nothing is parsed from there on. */
  readonly beginsCommand: (words: readonly string[]) => boolean;
}

/**
 * Tells options from words: options stand anywhere before `--` and before a job's command.
 *
 * `_` in a name is `-`, unique beginnings of long names do, `-p5`, `-p 5`, `-p=5` and `--priority=5`
 * are the same, and switches may share a dash.
 *
 * @throws RqError `usage` for an unknown option or a missing value.
 */
export function scanArguments(argv: readonly string[], params: ScanParams): Scanned {
  const options: ParsedOption[] = [];
  const words: string[] = [];
  let dash = false;
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    const next = argv[index + 1];
    if (argument === '--') {
      words.push(...argv.slice(index + 1));
      break;
    }
    if (argument === '-') {
      dash = true;
    } else if (argument.startsWith('-')) {
      const scan = argument.startsWith('--') ? scanLong : scanLetters;
      const taken = scan(argument, next, params.home);
      options.push(...taken.options);
      if (taken.tookNext) index += 1;
    } else {
      words.push(argument);
      if (params.beginsCommand(words)) {
        words.push(...argv.slice(index + 1));
        break;
      }
    }
  }
  return { options, words, dash };
}

const LONG_NAMES = OPTION_NAMES.map((name) => `--${name}`);

interface Taken {
  readonly options: readonly ParsedOption[];
  readonly tookNext: boolean;
}

function scanLong(argument: string, next: string | undefined, home: string): Taken {
  const equals = argument.indexOf('=');
  const written = argument.slice(2, equals === -1 ? undefined : equals);
  const attached = equals === -1 ? null : argument.slice(equals + 1);
  const plain = written.replaceAll('_', '-');
  const negative = plain.startsWith('no-') ? findLong(plain.slice(3)) : null;
  if (negative !== null && OPTIONS[negative].value === undefined && attached === null) {
    return { options: [{ name: negative, value: null, negated: true }], tookNext: false };
  }
  const name = findLong(plain);
  if (name === null) {
    throw usage(`unknown option --${written}${didYouMean(`--${plain}`, LONG_NAMES)}`);
  }
  const spec: OptionSpec = OPTIONS[name];
  if (spec.value === undefined && attached !== null) {
    throw usage(`--${name} takes no value, got ${attached}`);
  }
  return withValue({ name, label: `--${name}`, attached, next, home });
}

function findLong(name: string): OptionName | null {
  if (isOptionName(name)) return name;
  if (name === '') return null;
  const begun = OPTION_NAMES.filter((candidate) => candidate.startsWith(name));
  if (begun.length > 1) throw usage(`--${name} is short for --${begun.join(' and --')}`);
  return begun[0] ?? null;
}

function scanLetters(argument: string, next: string | undefined, home: string): Taken {
  const options: ParsedOption[] = [];
  for (let at = 1; at < argument.length; at += 1) {
    const letter = argument[at] ?? '';
    const name = optionOfLetter(letter);
    if (name === null) {
      throw usage(`unknown option -${letter}${argument.length > 2 ? ` in ${argument}` : ''}`);
    }
    if (OPTIONS[name].value === undefined) {
      options.push({ name, value: null, negated: false });
      continue;
    }
    const rest = argument.slice(at + 1);
    const attached = rest === '' ? null : rest.replace(/^=/, '');
    const taken = withValue({ name, label: `-${letter}`, attached, next, home });
    return { options: [...options, ...taken.options], tookNext: taken.tookNext };
  }
  return { options, tookNext: false };
}

interface ValueParams {
  readonly name: OptionName;
  readonly label: string;
  readonly attached: string | null;
  readonly next: string | undefined;
  readonly home: string;
}

function withValue(params: ValueParams): Taken {
  const { name, label, attached, next, home } = params;
  const spec: OptionSpec = OPTIONS[name];
  if (spec.value === undefined || (spec.optionalValue && attached === null)) {
    return { options: [{ name, value: null, negated: false }], tookNext: false };
  }
  const written = attached ?? next;
  if (written === undefined) throw usage(`${label} needs a value: ${spec.value}`);
  const inHome = spec.path === true && (written === '~' || written.startsWith('~/'));
  const value = inHome ? home + written.slice(1) : written;
  return { options: [{ name, value, negated: false }], tookNext: attached === null };
}

function usage(message: string): RqError {
  return new RqError('usage', message);
}
