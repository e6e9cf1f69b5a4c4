import { resolve } from 'node:path';
import { Option } from 'clipanion';
import { didYouMean } from '../../domain/closest.js';
import { RqError } from '../../domain/error.js';
import { NEW_JOB_DEFAULTS, parseNewJob } from '../../domain/new-job.js';
import type { JobChanges } from '../../queue/update.js';
import { ChangeCommand } from '../change-command.js';
import { optionalText } from '../declare.js';
import { StdinFile } from '../stdin-file.js';

/** `key=value`; `key==value` and the other signs are conditions that select jobs. */
const ASSIGNMENT = /^([A-Za-z_][\w-]*)=(?![=~])([\s\S]*)$/;
const NOTHING = /^(|null|nil|nul)$/i;
const KEYS = [
  'priority',
  'command',
  'tag',
  'runner',
  'hosts',
  'restartable',
  'state',
  'stdin',
  'cwd',
  'shell',
  'lane',
];

export class UpdateCommand extends ChangeCommand {
  static override paths = [['update']];

  readonly stdin = optionalText('stdin');
  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const selecting = this.words.filter((word) => !ASSIGNMENT.test(word));
    const changes = parseChanges(this.words.filter((word) => ASSIGNMENT.test(word)));
    const input = await StdinFile.from(this.stdin, this.context);
    try {
      const all = input.path === null ? changes : { ...changes, stdinFile: input.path };
      if (Object.keys(all).length === 0) {
        throw new RqError('usage', 'nothing to change: rq QUEUE update 3 priority=5');
      }
      const query = await this.selection(selecting, { empty: 'none' });
      const { updateJobs } = await import('../../queue/update.js');
      return await this.applyChange(query, (queue, jobs) =>
        updateJobs(queue, jobs, all, { dryRun: this.dryRun === true }),
      );
    } finally {
      input.remove();
    }
  }
}

/**
 * The changes that `key=value` words mean; nothing, `null` or `nil` empties a field.
 *
 * @throws RqError `usage`, `bad-document`
 */
export function parseChanges(words: readonly string[]): JobChanges {
  const texts = new Map<string, string | null>();
  for (const word of words) {
    const [, key = '', value = ''] = ASSIGNMENT.exec(word) ?? [];
    const name = key.toLowerCase();
    if (!KEYS.includes(name)) {
      throw new RqError('usage', `update cannot change ${key}${didYouMean(name, KEYS)}`);
    }
    texts.set(name === 'runner' ? 'hosts' : name, NOTHING.test(value) ? null : value);
  }
  return checkChanges(texts);
}

function checkChanges(texts: ReadonlyMap<string, string | null>): JobChanges {
  if (texts.has('command') && texts.get('command') === null) {
    throw new RqError('usage', 'command: expected text, got nothing');
  }
  const priority = texts.get('priority');
  const record = {
    // A record needs a command; what the user did not give is not taken over below.
    command: 'true',
    ...Object.fromEntries([...texts].filter(([name]) => name !== 'state')),
    ...(priority == null ? {} : { priority: wholeOrText(priority) }),
  };
  const here = process.cwd();
  const job = parseNewJob(record, 'update', {
    ...NEW_JOB_DEFAULTS,
    baseDirectory: here,
    queueDirectory: here,
  });
  const stdin = texts.get('stdin');
  return {
    ...(texts.has('priority') ? { priority: job.priority } : {}),
    ...(texts.has('command') ? { command: job.command } : {}),
    ...(texts.has('tag') ? { tag: job.tag } : {}),
    ...(texts.has('hosts') ? { hosts: job.hosts } : {}),
    ...(texts.has('restartable') ? { restartable: job.restartable } : {}),
    ...(texts.has('state') ? { state: stateOf(texts.get('state') ?? '') } : {}),
    ...(texts.has('cwd') ? { cwd: job.cwd } : {}),
    ...(texts.has('shell') ? { shell: job.shell } : {}),
    ...(texts.has('lane') ? { lane: job.lane } : {}),
    ...(stdin === undefined ? {} : { stdinFile: stdin === null ? null : resolve(stdin) }),
  };
}

function wholeOrText(text: string): number | string {
  const number = Number(text);
  return text.trim() !== '' && Number.isInteger(number) ? number : text;
}

/** As in Ruby Queue any beginning of the two words does. */
function stateOf(text: string): 'pending' | 'holding' {
  const lower = text.toLowerCase();
  const state = (['pending', 'holding'] as const).find((name) => name.startsWith(lower));
  if (lower !== '' && state !== undefined) return state;
  throw new RqError('usage', `state: expected pending or holding, got "${text}"`);
}
