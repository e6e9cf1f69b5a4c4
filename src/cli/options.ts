/**
 * Every option of rq, once: the argv shim learns from it which options take a value, commands declare
 * theirs through it, help and the manual are checked against it. One name means the same thing and
 * takes the same kind of value in every mode, because options may stand before the mode.
 */
export interface OptionSpec {
  readonly short?: string;
  /** What the value is called in help; absent: the option is a switch. */
  readonly value?: string;
  /** The value counts only when it is attached: `--stdin=FILE`, `-v4`. */
  readonly optionalValue?: true;
  /** A leading `~/` is the home directory, which no shell expands in `-l=~/rq.log`. */
  readonly path?: true;
  readonly repeatable?: true;
  readonly description: string;
}

const TABLE = {
  help: { short: 'h', description: 'show help for the mode' },
  version: { description: 'print the version' },
  quiet: { short: 'q', description: 'print no jobs; only errors' },
  verbosity: {
    short: 'v',
    value: 'LEVEL',
    optionalValue: true,
    description: '0 to 4, or fatal, error, warn, info, debug; without a value: debug',
  },
  log: { short: 'l', value: 'FILE', path: true, description: 'write messages to FILE, too' },
  wait: {
    value: 'SECONDS',
    description: 'give up with exit status 75 when the queue stays held by others for so long',
  },
  output: {
    short: 'o',
    value: 'FORMAT',
    description: 'yaml (default), json, jsonl, csv, table or ids',
  },
  fields: {
    short: 'f',
    value: 'LIST',
    description: 'only these fields: prefixes or regular expressions, separated by commas',
  },
  sort: {
    value: 'LIST',
    description: 'order by these fields, each with - in front to reverse it',
  },
  limit: { value: 'N', description: 'no more than N jobs' },
  'dry-run': { description: 'say what would change and change nothing' },
  yes: { short: 'y', description: 'do not ask' },
  force: { description: 'do it although rq advises against it; the message said why' },
  priority: { short: 'p', value: 'N', description: 'a whole number; higher runs earlier' },
  tag: { short: 't', value: 'TEXT', description: 'a label to select by' },
  runner: {
    value: 'HOSTS',
    repeatable: true,
    description: 'only these hosts or nodes may run it: names or globs, separated by commas',
  },
  restartable: { description: 'may run again from its start when its node is lost' },
  stage: { description: 'submit as holding, to be released later' },
  infile: {
    short: 'i',
    value: 'FILE',
    path: true,
    description: 'read jobs from FILE: YAML, JSON, JSON lines or one command a line',
  },
  stdin: {
    value: 'FILE',
    optionalValue: true,
    path: true,
    description: "the jobs' standard input; without a value or with -, that of rq itself",
  },
  data: {
    short: 'd',
    value: 'PATH',
    path: true,
    description: "a file or directory to copy into the job's data directory",
  },
  shell: { value: 'SHELL', description: 'bash (default), sh, a path, or none' },
  cwd: {
    value: 'DIRECTORY',
    path: true,
    description: 'where the job runs; default: the current directory',
  },
  env: {
    value: 'NAME[=VALUE]',
    repeatable: true,
    description: 'give the job this variable, or all of them with the word all',
  },
  lane: { value: 'NAME', description: 'the class of jobs it belongs to; default: main' },
  literal: { description: 'take lines of the input that begin with # as commands, too' },
  exit: {
    value: 'NAME=CODES',
    repeatable: true,
    description: 'count these exit codes under NAME: ok=0,42 (several with blanks between)',
  },
  any: { description: 'return when the first job ends' },
  timeout: { value: 'DURATION', description: 'give up after so long with exit status 124' },
  daemon: { short: 'D', description: 'detach from the terminal once the feeder feeds' },
  'max-feed': {
    value: 'N',
    description: 'run up to N jobs at once; default: the number of cores',
  },
  'min-sleep': { value: 'SECONDS', description: 'shortest pause between two looks at the queue' },
  'max-sleep': { value: 'SECONDS', description: 'longest pause between two looks at the queue' },
  loops: { short: 'L', value: 'N', description: 'stop after N looks at the queue' },
  'until-empty': { description: 'stop when nothing runs here and nothing is left to run here' },
  'any-user': { description: "run every user's jobs, not only one's own" },
  node: { value: 'NAME', description: 'name of the node; default: the short host name' },
  'local-dir': {
    value: 'DIRECTORY',
    path: true,
    description: 'base of the host-local directory; default: /var/tmp',
  },
  'log-age': { value: 'AGE', description: 'roll the log daily, weekly, monthly or by a duration' },
  'log-size': { value: 'BYTES', description: 'roll the log when it is larger than so many bytes' },
  group: {
    value: 'NAME',
    optionalValue: true,
    description: 'share the queue with this group; without a value: that of the parent directory',
  },
  set: {
    value: 'NAME=VALUE',
    repeatable: true,
    description: 'a setting of the queue, fixed for its life',
  },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof TABLE;
export const OPTIONS: Readonly<Record<OptionName, OptionSpec>> = TABLE;
export const OPTION_NAMES: readonly OptionName[] = Object.keys(TABLE).filter(isOptionName);

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(TABLE, name);
}

/** The option of a short letter, or null. */
export function optionOfLetter(letter: string): OptionName | null {
  return OPTION_NAMES.find((name) => OPTIONS[name].short === letter) ?? null;
}

/** `-p, --priority N`, as help and the manual show it. */
export function optionLabel(name: OptionName): string {
  const { short, value, optionalValue } = OPTIONS[name];
  const long =
    value === undefined ? `--${name}` : `--${name}${optionalValue ? `[=${value}]` : ` ${value}`}`;
  return short === undefined ? `    ${long}` : `-${short}, ${long}`;
}
