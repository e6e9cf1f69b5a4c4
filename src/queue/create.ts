import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { RqError, systemCode } from '../domain/error.js';
import { formatTime } from '../domain/time.js';
import { thisProcess } from '../host/identity.js';
import { checkMount } from '../host/mount.js';
import { isProcessGone } from '../host/process.js';
import { openNew } from './database.js';
import { explainFailure } from './failure.js';
import { fenceJournal, isJournalMissing } from './journal.js';
import { migrate } from './migrate.js';
import { queuePaths, type QueuePaths } from './paths.js';
import { openQueue } from './open.js';
import type { Queue } from './queue.js';
import { parseSettings, type QueueSettings } from './settings.js';

export interface CreateOptions {
  /** Share the queue with its directory's group (true) or with the group of this id. */
  readonly group?: true | number;
  /** Settings that differ from the defaults (settings.ts). */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Create it although the mount could lose data. */
  readonly force?: boolean;
}

/** The directories that create makes, each with the modes of the queue. */
const DIRECTORIES = [
  'lease',
  'wake',
  'wakeWork',
  'wakeEnds',
  'nodes',
  'bin',
  'stdin',
  'stdout',
  'stderr',
  'data',
  'trash',
] as const satisfies readonly (keyof QueuePaths)[];

const INSERT_META = `
  insert into meta (id, uuid, generation, queue_time, directory, created)
  values (1, :uuid, 0, :now, :directory, :now)
`;
const INSERT_SETTING = 'insert into settings (name, value) values (:name, :value)';

/**
 * Makes a queue: whole in a directory beside, then renamed into place, so that nobody ever sees half
 * of one and of two creators one wins.
 *
 * @throws RqError `queue-exists`, `unsafe-mount`, `no-permission`, `no-space`, `usage` (settings)
 */
export function createQueue(directory: string, options: CreateOptions = {}): Queue {
  const target = resolve(directory);
  const settings = parseSettings(options.settings ?? {});
  const parent = dirname(target);
  try {
    makeParents(parent);
    if (exists(target)) throw new RqError('queue-exists', `${target} exists already`);
    const [problem] = options.force === true ? [] : checkMount(parent);
    if (problem !== undefined) {
      throw new RqError(
        'unsafe-mount',
        `${parent}: ${problem.problem}; ${problem.cure} (--force: I know better)`,
      );
    }
    sweepAsides(target);
    const aside = asideOf(target);
    try {
      build(queuePaths(aside), settings, options.group);
      renameSync(aside, target);
    } catch (error) {
      rmSync(aside, { recursive: true, force: true });
      if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(systemCode(error) ?? '')) {
        throw new RqError('queue-exists', `${target} exists already`);
      }
      throw error;
    }
    syncDirectory(parent);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) {
      throw new RqError('queue-not-found', `cannot make ${target}`, { cause: error });
    }
    throw explainFailure(error, target);
  }
  return openQueue(target, { force: options.force ?? false });
}

/** Names its maker, so that what a crash leaves can be told from what is being made. */
function asideOf(target: string): string {
  const { bootId, pid, pidStart } = thisProcess();
  return join(dirname(target), `.${basename(target)}.${bootId.slice(0, 8)}-${pid}-${pidStart}`);
}

/** Removes what creators of the same queue left that were killed on this host. */
function sweepAsides(target: string): void {
  const parent = dirname(target);
  const prefix = `.${basename(target)}.${thisProcess().bootId.slice(0, 8)}-`;
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const [, pid, pidStart] = /^(\d+)-(\d+)$/.exec(name.slice(prefix.length)) ?? [];
    if (pid === undefined || !isProcessGone(Number(pid), Number(pidStart))) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function build(paths: QueuePaths, settings: QueueSettings, group: CreateOptions['group']): void {
  makeDirectory(paths.directory, group);
  for (const name of DIRECTORIES) makeDirectory(paths[name], group);
  makeFile(paths.db, group);

  const uuid = randomUUID();
  const facts = { uuid, settings: settings.values };
  makeFile(paths.facts, group);
  writeFileSync(paths.facts, `${JSON.stringify(facts, null, 2)}\n`, { flush: true });

  const db = openNew(paths.db);
  try {
    // The server's stamp on the file just made: the queue clock starts with the server's time.
    const now = formatTime(statSync(paths.facts).mtimeMs);
    db.transaction(() => {
      migrate(db, now);
      db.prepare(INSERT_META).run({ uuid, now, directory: statSync(paths.directory).ino });
      const insert = db.prepare(INSERT_SETTING);
      for (const [name, value] of Object.entries(settings.values))
        insert.run({ name, value: String(value) });
    })();
    // Committing in PERSIST mode leaves a journal; from here on it is never absent and never empty.
    if (isJournalMissing(paths)) fenceJournal(paths);
  } finally {
    db.close();
  }
  syncDirectory(paths.directory);
}

/** Not mkdir's own `recursive`: Node tries for ever where a file system lets nobody make one (/proc). */
function makeParents(path: string): void {
  if (existsSync(path)) return;
  makeParents(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

/** 0700 for the owner alone; 2770 for a group, so that what is made inside belongs to it too. */
function makeDirectory(path: string, group: CreateOptions['group']): void {
  mkdirSync(path, 0o700);
  if (group === undefined) return;
  if (typeof group === 'number') chownSync(path, -1, group);
  chmodSync(path, 0o2770);
}

function makeFile(path: string, group: CreateOptions['group']): void {
  const descriptor = openSync(path, 'wx', 0o600);
  if (group !== undefined) fchmodSync(descriptor, 0o660);
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Also true for a dangling link: whatever is there, create does not touch it. */
function exists(path: string): boolean {
  return existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
