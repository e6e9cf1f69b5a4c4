import { RqError } from '../domain/error.js';
import { splitShellWords } from '../domain/shell-words.js';
import { MODE_NAMES, MODES, MODES_ABSENT, modeOf, optionsOf, type ModeName } from './modes.js';
import { scanArguments, type ParsedOption } from './scan.js';
import { didYouMean } from '../domain/closest.js';

/** What the command line's meaning depends on besides its words. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Is there a queue at this path? */
  readonly isQueue: (path: string) => boolean;
  /** The queue that a `.rq` in this directory or one above it stands for. */
  readonly nearestQueue: () => string | null;
}

export interface CommandLine {
  readonly mode: ModeName;
  /** As written; null only for `help` and `version`. */
  readonly queue: string | null;
  readonly options: readonly ParsedOption[];
  /** The words after the mode, without a lone `-`. */
  readonly words: readonly string[];
  /** A lone `-` was given: read standard input, too. */
  readonly dash: boolean;
}

/**
 * Makes sense of `rq QUEUE MODE [arguments] [options]` and its shorter forms.
 *
 * @throws RqError `usage`.
 */
export function parseArguments(argv: readonly string[], around: Surroundings): CommandLine {
  const { options, words, dash } = scanArguments(argv, {
    home: around.home,
    beginsCommand: (soFar) => {
      const { modeWord, used } = locate(soFar, around);
      const mode = modeWord === null ? null : modeOf(modeWord);
      return mode !== null && MODES[mode].takesCommand === true && soFar.length > used;
    },
  });
  const located = locate(words, around);
  if (options.some((option) => option.name === 'help')) return helpFor(located.modeWord);
  if (options.some((option) => option.name === 'version')) return bare('version');
  if (words[0] === '') throw usage("the queue's name is empty");
  const { queue, mode } = mustBeWhole(located);
  return {
    mode,
    queue,
    options: [...defaultOptions(mode, around), ...optionsFor(mode, options)],
    words: words.slice(located.used),
    dash,
  };
}

interface Located {
  readonly queue: string | null;
  readonly modeWord: string | null;
  /** How many words name the queue and the mode. */
  readonly used: number;
}

/**
 * The first word is the queue when it has a slash, or when the second is a mode and the first is no
 * mode, or is a queue that exists, or the second is `create`. Else it is the mode, for the queue of
 * RQ_Q or of a `.rq` found upward; without either, the first word is the queue.
 */
function locate(words: readonly string[], around: Surroundings): Located {
  const [first, second] = words;
  if (first === undefined) return { queue: null, modeWord: null, used: 0 };
  const queueFirst: Located = { queue: first, modeWord: second ?? null, used: 2 };
  if (first.includes('/')) return queueFirst;
  const firstIsMode = modeOf(first) !== null;
  const secondIsMode = second !== undefined && modeOf(second) !== null;
  if (secondIsMode && (!firstIsMode || around.isQueue(first))) return queueFirst;
  if (first === 'help' || first === 'version') return { queue: null, modeWord: first, used: 1 };
  if (second === 'create') return queueFirst;
  const fromEnv = around.env['RQ_Q'] || around.env['RQ_QUEUE'];
  const queue = fromEnv || around.nearestQueue();
  const modeFirst: Located = { queue, modeWord: first, used: 1 };
  if (queue === null) {
    return firstIsMode && !secondIsMode && !around.isQueue(first) ? modeFirst : queueFirst;
  }
  return !firstIsMode && around.isQueue(first) ? queueFirst : modeFirst;
}

function mustBeWhole({ queue, modeWord }: Located): { queue: string | null; mode: ModeName } {
  if (modeWord === null) {
    throw usage(`no mode: rq ${queue ?? 'QUEUE'} MODE [arguments]; rq help lists the modes`);
  }
  const mode = modeOf(modeWord);
  if (mode === null && MODES_ABSENT.includes(modeWord)) {
    throw usage(`this version of rq has no mode ${modeWord} yet`);
  }
  if (mode === null) throw usage(`unknown mode ${modeWord}${didYouMean(modeWord, MODE_NAMES)}`);
  if (queue === null && mode !== 'help' && mode !== 'version') {
    throw usage(`no queue: rq QUEUE ${mode}, or set RQ_Q, or name the queue in a file .rq`);
  }
  return { queue, mode };
}

function helpFor(modeWord: string | null): CommandLine {
  const mode = modeWord === null ? null : modeOf(modeWord);
  return { ...bare('help'), words: mode === null || mode === 'help' ? [] : [mode] };
}

function bare(mode: ModeName): CommandLine {
  return { mode, queue: null, options: [], words: [], dash: false };
}

function optionsFor(mode: ModeName, options: readonly ParsedOption[]): readonly ParsedOption[] {
  const known = optionsOf(mode);
  const stray = options.find((option) => !known.includes(option.name));
  if (stray === undefined) return options;
  throw usage(`${mode} takes no option --${stray.name}; rq ${mode} --help lists those it takes`);
}

/** RQ_OPTS holds for every mode, so what means nothing to this one is passed over. */
function defaultOptions(mode: ModeName, around: Surroundings): readonly ParsedOption[] {
  const name = around.env['RQ_OPTS'] === undefined ? 'RQ_OPTIONS' : 'RQ_OPTS';
  const text = around.env[name];
  if (text === undefined) return [];
  try {
    const { options, words } = scanArguments(splitShellWords(text), {
      home: around.home,
      beginsCommand: () => false,
    });
    if (words[0] !== undefined) throw usage(`not an option: ${words[0]}`);
    return options.filter((option) => optionsOf(mode).includes(option.name));
  } catch (error) {
    if (error instanceof RqError) throw usage(`${name}: ${error.message}`);
    throw error;
  }
}

function usage(message: string): RqError {
  return new RqError('usage', message);
}
