import type { OptionName } from './options.js';

/** What the argv shim, help and the manual's test know of a mode; its class knows how to run it. */
export interface ModeSpec {
  /** Ruby Queue's short forms. */
  readonly short: readonly string[];
  readonly summary: string;
  /** What may follow the mode, for the usage line. */
  readonly words: string;
  readonly options: readonly OptionName[];
  /** The first word after the mode begins a command whose options are its own. */
  readonly takesCommand?: true;
}

/** Options that every mode takes. */
export const COMMON_OPTIONS: readonly OptionName[] = ['help', 'quiet', 'verbosity', 'log', 'wait'];
const LISTING: readonly OptionName[] = ['output', 'fields', 'sort', 'limit'];
const CHANGING: readonly OptionName[] = ['output', 'fields', 'dry-run'];
const NODE: readonly OptionName[] = ['node', 'local-dir'];
const AGAIN: readonly OptionName[] = ['priority', 'tag', 'runner', 'restartable', 'stdin'];
const JOB: readonly OptionName[] = [...AGAIN, 'data', 'shell', 'cwd', 'env', 'lane'];
const SUBMIT: readonly OptionName[] = [...JOB, 'stage', 'infile', 'literal', ...CHANGING];
const FEED: readonly OptionName[] = [
  ...NODE,
  ...(['max-feed', 'min-sleep', 'max-sleep', 'loops', 'until-empty', 'any-user'] as const),
  ...(['log-age', 'log-size', 'force'] as const),
];
const SELECTION = '[SELECTION...] [-]';

const TABLE = {
  create: {
    short: ['c'],
    summary: 'make a queue directory',
    words: '',
    options: ['group', 'set', 'force', 'output'],
  },
  submit: {
    short: ['s'],
    summary: 'add jobs: a command, or a list of jobs from a file or pipe',
    words: '[COMMAND [ARGUMENT...] | -]',
    options: SUBMIT,
    takesCommand: true,
  },
  resubmit: {
    short: ['r', 're'],
    summary: 'run jobs again under the same jid',
    words: SELECTION,
    options: [...AGAIN, 'stage', 'infile', ...CHANGING, 'force'],
  },
  retry: {
    short: [],
    summary: 'run those of the jobs again that failed or died',
    words: SELECTION,
    options: [...CHANGING, 'force'],
  },
  list: {
    short: ['l', 'ls'],
    summary: 'print jobs, all of them or a selection',
    words: SELECTION,
    options: [...LISTING, 'infile'],
  },
  status: {
    short: ['t'],
    summary: 'print counts, times, exit codes, nodes, tags and who holds the queue',
    words: '',
    options: ['exit', 'output'],
  },
  query: {
    short: ['q'],
    summary: 'print the jobs that fit every condition',
    words: 'CONDITION... [-]',
    options: LISTING,
  },
  update: {
    short: ['u'],
    summary: 'change fields of jobs that have not started',
    words: `${SELECTION} KEY=VALUE...`,
    options: ['stdin', ...CHANGING],
  },
  delete: {
    short: ['d', 'rm'],
    summary: 'move jobs to the trash; never one that runs',
    words: SELECTION,
    options: [...CHANGING, 'yes', 'force'],
  },
  hold: {
    short: [],
    summary: 'keep jobs that have not started from starting',
    words: SELECTION,
    options: CHANGING,
  },
  release: {
    short: [],
    summary: 'let held jobs run',
    words: SELECTION,
    options: CHANGING,
  },
  wait: {
    short: [],
    summary: 'wait until jobs are over; the exit status tells how they ended',
    words: SELECTION,
    options: ['any', 'timeout', 'output', 'fields'],
  },
  run: {
    short: [],
    summary: "submit one job, follow its output, exit with the job's own status",
    words: 'COMMAND [ARGUMENT...]',
    options: JOB,
    takesCommand: true,
  },
  feed: {
    short: ['f'],
    summary: 'run jobs on this host, in the foreground or as a daemon',
    words: '',
    options: [...FEED, 'daemon'],
  },
  start: {
    short: [],
    summary: 'start a feeder in the background, unless one feeds here',
    words: '',
    options: [...FEED, 'output'],
  },
  shutdown: {
    short: [],
    summary: 'let the feeder on this host finish what runs and then end',
    words: '',
    options: [...NODE, 'output'],
  },
  stop: {
    short: [],
    summary: 'end the feeder on this host and the jobs that it runs',
    words: '',
    options: [...NODE, 'output'],
  },
  restart: {
    short: [],
    summary: 'let the feeder on this host start its successor; jobs go on',
    words: '',
    options: [...NODE, 'output'],
  },
  pid: {
    short: [],
    summary: 'print the process id of the feeder on this host',
    words: '',
    options: [...NODE, 'output'],
  },
  feeder: {
    short: [],
    summary: 'print whether a feeder lives on this host',
    words: '[pid]',
    options: [...NODE, 'output'],
  },
  stdin: { short: ['0'], summary: "print jobs' input", words: SELECTION, options: [] },
  stdout: { short: ['1'], summary: "print jobs' output", words: SELECTION, options: [] },
  stderr: { short: ['2'], summary: "print jobs' error output", words: SELECTION, options: [] },
  stdin4: { short: [], summary: "print the paths of jobs' input", words: SELECTION, options: [] },
  stdout4: { short: [], summary: "print the paths of jobs' output", words: SELECTION, options: [] },
  stderr4: {
    short: [],
    summary: "print the paths of jobs' error output",
    words: SELECTION,
    options: [],
  },
  tail: {
    short: ['ta'],
    summary: 'follow the output of jobs until they are over',
    words: SELECTION,
    options: [],
  },
  help: { short: ['h', 'H'], summary: 'show help for rq or a mode', words: '[MODE]', options: [] },
  version: { short: [], summary: 'print the version', words: '', options: [] },
} as const satisfies Record<string, ModeSpec>;

export type ModeName = keyof typeof TABLE;
export const MODES: Readonly<Record<ModeName, ModeSpec>> = TABLE;
export const MODE_NAMES: readonly ModeName[] = Object.keys(TABLE).filter(isModeName);

/** Ruby Queue's modes that this version does not have: named in the error instead of a guess. */
export const MODES_ABSENT: readonly string[] = [
  'touch',
  'execute',
  'configure',
  'snapshot',
  'lock',
  'backup',
  'rotate',
  'cron',
  'crontab',
  'recover',
  'ioview',
];

function isModeName(name: string): name is ModeName {
  return Object.hasOwn(TABLE, name);
}

/** The mode of a full name or a short form, or null. Short forms are exact: no prefixes. */
export function modeOf(word: string): ModeName | null {
  if (isModeName(word)) return word;
  return MODE_NAMES.find((name) => MODES[name].short.includes(word)) ?? null;
}

/** Options of a mode with the common ones. */
export function optionsOf(mode: ModeName): readonly OptionName[] {
  return [...MODES[mode].options, ...COMMON_OPTIONS];
}
