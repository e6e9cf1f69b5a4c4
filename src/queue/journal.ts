import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { randomHex } from '../host/random.js';
import { join } from 'node:path';
import { systemCode } from '../domain/error.js';
import type { QueuePaths } from './paths.js';

/** A journal header is one sector; all zero, it says "nothing to play back". */
const CLEAN_HEADER_BYTES = 512;
const FRESH_JOURNAL = /^db-journal\.[0-9a-f]{16}$/;

/**
 * Puts a new, clean inode in place of the rollback journal.
 *
 * A host that lost its locks and comes back can then no longer leave a hot journal where others look:
 * what it writes goes to the old inode. Renaming rather than unlinking keeps the path present and not
 * empty at every moment, so that no NFS client can cache "no journal".
 *
 * Call it inside BEGIN EXCLUSIVE, under the lease, and never write through that connection afterwards:
 * SQLite keeps the descriptor of a journal that it played back (docs/decisions/journal-fence.md).
 */
export function fenceJournal(paths: QueuePaths): void {
  removeFreshJournals(paths);
  const fresh = `${paths.journal}.${randomHex(8)}`;
  try {
    writeCleanJournal(paths, fresh);
    renameSync(fresh, paths.journal);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
  const directory = openSync(paths.directory, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/**
 * What a holder left that died between writing a fresh journal and renaming it, or that only sleeps:
 * then its rename must fail when it wakes, for by then the journal may be another holder's.
 */
function removeFreshJournals(paths: QueuePaths): void {
  for (const name of readdirSync(paths.directory)) {
    if (FRESH_JOURNAL.test(name)) rmSync(join(paths.directory, name), { force: true });
  }
}

function writeCleanJournal(paths: QueuePaths, file: string): void {
  const { mode, gid } = statSync(paths.db);
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    if (statSync(paths.directory).gid !== gid || process.getegid?.() !== gid)
      tryChown(descriptor, gid);
    fchmodSync(descriptor, mode & 0o777);
    writeSync(descriptor, Buffer.alloc(CLEAN_HEADER_BYTES), 0, CLEAN_HEADER_BYTES, 0);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * True when there is no journal or an empty one: some tool ran in DELETE or TRUNCATE mode on this
 * queue. rq itself keeps the journal there for ever.
 */
export function isJournalMissing(paths: QueuePaths): boolean {
  try {
    return statSync(paths.journal).size === 0;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true;
    throw error;
  }
}

function tryChown(descriptor: number, gid: number): void {
  try {
    fchownSync(descriptor, -1, gid);
  } catch (error) {
    // Not a member of the group: the journal stays ours, and the mode decides who may read it.
    if (systemCode(error) !== 'EPERM') throw error;
  }
}
