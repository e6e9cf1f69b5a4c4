import { resolve } from 'node:path';
import * as v from 'valibot';
import { didYouMean } from './closest.js';
import { RqError } from './error.js';
import { JOB_FIELDS, type NewJob } from './job.js';
import { quoteShellWords, splitShellWords } from './shell-words.js';
import { shown } from './shown.js';
import { JOB_STATES } from './state.js';

/** What a record that leaves a field out, or null, gets; and where its relative paths begin. */
export interface NewJobDefaults extends Omit<NewJob, 'command' | 'argv'> {
  /** Where `cwd`, `stdin` and `data` of a record begin: the submitter's directory. */
  readonly baseDirectory: string;
  /** The same for a record with a jid: as listed, its `stdin` and `data` are paths in the queue. */
  readonly queueDirectory: string;
}

/** The defaults where neither options nor record say anything. */
export const NEW_JOB_DEFAULTS = {
  priority: 0,
  tag: null,
  restartable: false,
  staged: false,
  hosts: null,
  cwd: null,
  shell: null,
  env: null,
  stdinFile: null,
  dataPath: null,
  lane: 'main',
} as const satisfies Omit<NewJob, 'command' | 'argv'>;

/** NUL cannot be passed to a process; half a surrogate pair cannot be written as UTF-8. */
const UNUSABLE = /\0|\p{Surrogate}/u;

const Text = v.pipe(
  v.string((issue) => expected('text', issue.input)),
  v.check((text) => !UNUSABLE.test(text), 'expected text without NUL and broken characters'),
);
const Filled = v.pipe(
  Text,
  v.check((text) => text.trim() !== '', 'expected text, got nothing'),
);
/** Plain `true` is a boolean in YAML and a command in every shell. */
const Command = v.pipe(
  v.unknown(),
  v.transform((input) => (typeof input === 'boolean' ? String(input) : input)),
  Filled,
);
const Words = v.pipe(
  v.array(Text, (issue) => expected('a list of words', issue.input)),
  v.check(
    (words) => words.length > 0 && words[0] !== '',
    'expected a program and its arguments, got none',
  ),
);
const Priority = v.custom<number>(
  (input) => Number.isSafeInteger(input),
  (issue) => expected('a whole number', issue.input),
);
const Tag = v.pipe(
  v.unknown(),
  v.transform((input) => (typeof input === 'number' ? String(input) : input)),
  Text,
);
const Restartable = v.pipe(
  v.unknown(),
  v.transform((input) => (typeof input === 'string' ? booleanWord(input) : input)),
  v.boolean((issue) => expected('true or false', issue.input)),
);
const State = v.picklist(JOB_STATES, (issue) =>
  expected(`one of ${JOB_STATES.join(', ')}`, issue.input),
);
const Env = v.pipe(
  v.custom<Record<string, unknown>>(
    (input) => isRecord(input),
    (issue) => expected('a map of names and values', issue.input),
  ),
  // valibot would leave these out without a word.
  v.check(
    (env) => !['__proto__', 'constructor', 'prototype'].some((name) => Object.hasOwn(env, name)),
    'expected no variable named __proto__, constructor or prototype',
  ),
  v.record(
    v.pipe(
      Text,
      v.check((name) => name !== '' && !name.includes('='), 'expected a name without ='),
    ),
    Text,
  ),
);
const Hosts = v.pipe(
  v.unknown(),
  v.transform((input) =>
    typeof input === 'string' ? input.split(/[\s,]+/).filter(Boolean) : input,
  ),
  v.array(
    v.pipe(
      Filled,
      v.check((name) => !/\s/.test(name), 'expected names without blanks'),
    ),
    (issue) => expected('a list of host names', issue.input),
  ),
);

const JobInput = v.object({
  jid: v.optional(v.unknown()),
  command: v.nullish(Command),
  argv: v.nullish(Words),
  priority: v.nullish(Priority),
  tag: v.nullish(Tag),
  restartable: v.nullish(Restartable),
  state: v.nullish(State),
  hosts: v.nullish(Hosts),
  cwd: v.nullish(Filled),
  shell: v.nullish(Filled),
  env: v.nullish(Env),
  stdin: v.nullish(Filled),
  data: v.nullish(Filled),
  lane: v.nullish(Filled),
});
type JobInput = v.InferOutput<typeof JobInput>;

/**
 * A new job from a record: what `list` prints, or any part of it that has a command or an argv.
 *
 * Fields that a submitter does not decide (times, exit status, pid and so on) are ignored, so that
 * listed jobs can be submitted again. `state` counts only as holding (staged) or pending. `runner` is
 * the constraint on hosts if the record has no jid, else the host that ran the job.
 *
 * @param where begins the error message: `SOURCE:LINE: job 3`.
 * @throws RqError `bad-document`
 */
export function parseNewJob(record: unknown, where: string, defaults: NewJobDefaults): NewJob {
  if (!isRecord(record))
    throw new RqError('bad-document', `${where}: ${expected('a map of fields', record)}`);
  checkKeys(record, where);
  const listed = (record['jid'] ?? null) !== null;
  const result = v.safeParse(
    JobInput,
    listed ? record : { ...record, hosts: record['hosts'] ?? record['runner'] },
    {
      abortPipeEarly: true,
      abortEarly: true,
    },
  );
  if (!result.success) {
    const [issue] = result.issues;
    throw new RqError('bad-document', `${where}: ${pathOf(issue, record)}: ${issue.message}`);
  }
  const input = result.output;
  const { command, argv } = commandOf(input, where);
  const base = listed ? defaults.queueDirectory : defaults.baseDirectory;
  return {
    command,
    argv,
    priority: input.priority ?? defaults.priority,
    tag: input.tag ?? defaults.tag,
    restartable: input.restartable ?? defaults.restartable,
    staged: stagedOf(input, defaults),
    hosts: input.hosts?.length ? input.hosts : defaults.hosts,
    cwd: input.cwd ? resolve(defaults.baseDirectory, input.cwd) : defaults.cwd,
    shell: input.shell ?? defaults.shell,
    env: input.env ?? defaults.env,
    stdinFile: input.stdin ? resolve(base, input.stdin) : defaults.stdinFile,
    dataPath: input.data ? resolve(base, input.data) : defaults.dataPath,
    lane: input.lane ?? defaults.lane,
  };
}

function checkKeys(record: Record<string, unknown>, where: string): void {
  for (const key of Object.keys(record)) {
    if (FIELD_SET.has(key)) continue;
    throw new RqError(
      'bad-document',
      `${where}: no such field: ${key}${didYouMean(key, JOB_FIELDS)}`,
    );
  }
}

const FIELD_SET: ReadonlySet<string> = new Set(JOB_FIELDS);

function commandOf(input: JobInput, where: string): Pick<NewJob, 'command' | 'argv'> {
  const { command, argv } = input;
  if (!argv) {
    if (!command)
      throw new RqError('bad-document', `${where}: command: expected text, got nothing`);
    return { command, argv: null };
  }
  // Someone edited one of the two in a listed record: running the other would surprise.
  if (command && !isSameLine(command, argv)) {
    throw new RqError(
      'bad-document',
      `${where}: argv: does not say the same as command; leave one out`,
    );
  }
  return { command: quoteShellWords(argv), argv };
}

function isSameLine(command: string, argv: readonly string[]): boolean {
  if (command === quoteShellWords(argv)) return true;
  try {
    return JSON.stringify(splitShellWords(command)) === JSON.stringify(argv);
  } catch (error) {
    if (error instanceof RqError) return false;
    throw error;
  }
}

function stagedOf(input: JobInput, defaults: NewJobDefaults): boolean {
  if (input.state === 'holding') return true;
  return input.state === 'pending' ? false : defaults.staged;
}

function booleanWord(text: string): unknown {
  if (/^(true|yes|on)$/i.test(text)) return true;
  return /^(false|no|off)$/i.test(text) ? false : text;
}

/** `argv: word 2`, `env: NAME`: what to look for in the document. */
function pathOf(issue: v.BaseIssue<unknown>, record: Record<string, unknown>): string {
  const [field, item] = (issue.path ?? []).map((step) => step.key);
  const name = field === 'hosts' && record['hosts'] === undefined ? 'runner' : String(field);
  if (item === undefined) return name;
  return typeof item === 'number' ? `${name}: word ${item + 1}` : `${name}: ${shown(item)}`;
}

function expected(what: string, input: unknown): string {
  const json = shown(input);
  return `expected ${what}, got ${json.length > 60 ? `${json.slice(0, 56)}...` : json}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
