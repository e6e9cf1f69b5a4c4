import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { systemCode } from '../domain/error.js';
import type { QueuePaths } from './paths.js';

/** A journal header is one sector; all zero, it says "nothing to play back". */
const CLEAN_HEADER_BYTES = 512;

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
  const { mode, gid } = statSync(paths.db);
  const fresh = `${paths.journal}.${randomBytes(8).toString('hex')}`;
  const descriptor = openSync(fresh, 'wx', 0o600);
  try {
    if (statSync(paths.directory).gid !== gid || process.getegid?.() !== gid)
      tryChown(descriptor, gid);
    fchmodSync(descriptor, mode & 0o777);
    writeSync(descriptor, Buffer.alloc(CLEAN_HEADER_BYTES));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, paths.journal);
  const directory = openSync(paths.directory, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
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

/** Removes what a process left that died between writing a fresh journal and renaming it. */
export function freshJournalPattern(): RegExp {
  return /^db-journal\.[0-9a-f]{16}$/;
}

function tryChown(descriptor: number, gid: number): void {
  try {
    fchownSync(descriptor, -1, gid);
  } catch (error) {
    // Not a member of the group: the journal stays ours, and the mode decides who may read it.
    if (systemCode(error) !== 'EPERM') throw error;
  }
}
