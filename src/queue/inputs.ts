import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  existsSync,
  writeSync,
} from 'node:fs';
import { randomHex } from '../host/random.js';
import { basename, join } from 'node:path';
import { RqError, systemCode } from '../domain/error.js';
import type { Job, NewJob } from '../domain/job.js';
import { setDirectoryMode } from './modes.js';
import type { Queue } from './queue.js';
import type { StoredJob } from './row.js';
import { valueStatement } from './statement.js';

/** Where uploads go and with which modes: a part of `Queue`. */
export type UploadTarget = Pick<Queue, 'directory' | 'paths' | 'fileMode' | 'directoryMode'>;

/** A job whose stdin and data may still have their random name. */
export interface UploadedJob {
  readonly jid: Job['jid'];
  readonly stdin: Job['stdin'];
  readonly data: Job['data'];
  readonly upload: string | null;
}

/** `u.` and 64 random bits: no jid looks like it. */
export const UPLOAD_NAME = /^u\.[0-9a-f]{16}$/;
/** An open file of this process: it may have no name, or be a pipe, which no real path leads to. */
const OPEN_FILE = /^\/(?:proc\/self|dev)\/fd\/\d+$/;
const COPY_BUFFER_BYTES = 1 << 16;

/**
 * Copies a job's stdin file and data into the queue under a random name, durably; null if it has none.
 *
 * Each job gets its own copy, also of the same file: a job may write to its data, and an inode that
 * two jobs share would let one change what the other reads.
 *
 * @throws RqError `bad-document` when the submitter's file cannot be read
 */
export function uploadInputs(
  target: UploadTarget,
  inputs: Pick<NewJob, 'stdinFile' | 'dataPath'>,
): string | null {
  const { stdinFile, dataPath } = inputs;
  if (stdinFile === null && dataPath === null) return null;
  const upload = `u.${randomHex(8)}`;
  try {
    if (stdinFile !== null) {
      const source = findSource('stdin', stdinFile);
      copyFile(target, source, join(target.paths.stdin, upload));
      syncDirectory(target.paths.stdin);
    }
    if (dataPath !== null) {
      const source = findSource('data', dataPath);
      refuseOwnQueue(target, source);
      copyData(target, source, join(target.paths.data, upload));
      syncDirectory(target.paths.data);
    }
  } catch (error) {
    removeUpload(target, upload);
    throw error;
  }
  return upload;
}

export function uploadedJob({ job, upload }: StoredJob): UploadedJob {
  return { jid: job.jid, stdin: job.stdin, data: job.data, upload };
}

/** Removes an upload that no job names. */
export function removeUpload({ paths }: Pick<Queue, 'paths'>, upload: string): void {
  rmSync(join(paths.stdin, upload), { force: true });
  rmSync(join(paths.data, upload), { recursive: true, force: true });
}

const countUploads = valueStatement<{ uploads: string }, number>(`
  select count(*)
  from   jobs
  where  upload is not null and upload in (select value from json_each(:uploads))
`);

/**
 * Removes the uploads of a failed transaction, unless the queue names them: an error after COMMIT, or
 * none that could be read, must not cost a job its input. What stays falls to housekeeping.
 */
export function removeUnnamed(queue: Queue, uploads: readonly (string | null)[]): void {
  const names = uploads.filter((name) => name !== null);
  if (names.length === 0) return;
  try {
    const named = queue.read((db) => countUploads(db).get({ uploads: JSON.stringify(names) }));
    if (named === 0) for (const name of names) removeUpload(queue, name);
  } catch {
    // The first error is the one to tell.
  }
}

/**
 * Gives the inputs of committed jobs the names that their rows say, `stdin/JID` and `data/JID`.
 *
 * The submitter does it after its commit, and whoever claims the job does it again before the go: the
 * submitter may have died in between. Either may come first, or both at once. Returns the jids whose
 * inputs are nowhere: those jobs must not run.
 */
export function finishUploads(
  { paths }: Pick<Queue, 'paths'>,
  jobs: readonly UploadedJob[],
): number[] {
  return jobs
    .filter(({ jid, stdin, data, upload }) => {
      if (upload === null) return false;
      const name = String(jid);
      const hasStdin = stdin === null || moveOnce(paths.stdin, upload, name);
      const hasData = data === null || moveOnce(paths.data, upload, name);
      return !(hasStdin && hasData);
    })
    .map(({ jid }) => jid);
}

/** True when the file is at its new name now, whoever moved it. */
function moveOnce(directory: string, from: string, to: string): boolean {
  try {
    renameSync(join(directory, from), join(directory, to));
    return true;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return existsSync(join(directory, to));
  }
}

/** The real path of what the submitter named, with an error that says what it was for. */
function findSource(what: string, path: string): string {
  try {
    if (OPEN_FILE.test(path) && existsSync(path)) return path;
    return realpathSync(path);
  } catch (error) {
    throw new RqError('bad-document', `${what}: cannot read ${path}: ${systemCode(error) ?? '?'}`, {
      cause: error,
    });
  }
}

/** Copying the queue into itself would never end. */
function refuseOwnQueue(target: UploadTarget, source: string): void {
  if (`${target.directory}/`.startsWith(source.endsWith('/') ? source : `${source}/`)) {
    throw new RqError('bad-document', `data: ${source} holds the queue itself`);
  }
}

/** A job's data is a directory: what a directory holds, or one file under its own name. */
function copyData(target: UploadTarget, source: string, to: string): void {
  if (statSync(source).isDirectory()) {
    copyTree(target, source, to);
    return;
  }
  mkdirSync(to, 0o700);
  copyFile(target, source, join(to, basename(source)));
  setDirectoryMode(target, to);
  syncDirectory(to);
}

/** Links are copied as links, so that nothing outside `source` comes in. */
function copyTree(target: UploadTarget, source: string, to: string): void {
  mkdirSync(to, 0o700);
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [inside, copy] = [join(source, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(inside), copy);
    else if (entry.isDirectory()) copyTree(target, inside, copy);
    else if (entry.isFile()) copyFile(target, inside, copy);
    else throw new RqError('bad-document', `data: ${inside} is neither a file nor a directory`);
  }
  setDirectoryMode(target, to);
  syncDirectory(to);
}

function copyFile(target: UploadTarget, source: string, to: string): void {
  const stat = statSync(source);
  if (stat.isDirectory()) throw new RqError('bad-document', `stdin: ${source} is a directory`);
  // Made with our mode first: never, even for a moment, more open than the queue.
  const made = openSync(to, 'wx', target.fileMode);
  try {
    if (stat.isFile()) copyFileSync(source, to);
    else copyStream(source, made);
    // Programs in a data directory stay programs.
    const run = (stat.mode & 0o100) === 0 ? 0 : (target.fileMode & 0o440) >> 2;
    chmodSync(to, target.fileMode | run);
    fsyncSync(made);
  } catch (error) {
    if (systemCode(error) === 'EACCES') {
      throw new RqError('bad-document', `cannot read ${source}: EACCES`, { cause: error });
    }
    throw error;
  } finally {
    closeSync(made);
  }
}

/** A pipe or device has no length that could be copied at once. */
function copyStream(source: string, to: number): void {
  const from = openSync(source, constants.O_RDONLY);
  try {
    const buffer = Buffer.alloc(COPY_BUFFER_BYTES);
    for (;;) {
      const length = readSync(from, buffer);
      if (length === 0) return;
      let written = 0;
      while (written < length) written += writeSync(to, buffer, written, length - written);
    }
  } finally {
    closeSync(from);
  }
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
