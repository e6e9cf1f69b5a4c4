import { statSync } from 'node:fs';
import { RqError, systemCode } from '../domain/error.js';
import { openConnection, type Connection } from '../sqlite.js';

/** 'rq' and a 1, for file(1) and for telling our databases from others. */
export const APPLICATION_ID = 0x72710001;
/** Above 0: with 0, PERSIST would truncate the journal, which corrupts over NFS as TRUNCATE does. */
const JOURNAL_SIZE_LIMIT_BYTES = 1 << 20;
/** Dirty pages stay in memory until COMMIT (cache_spill is off); this is only what is kept clean. */
const CACHE_KIB = 16_384;

/** A connection and the inode it is of: `db` may be replaced under us by `recover` or a restore. */
export interface OpenDatabase {
  readonly db: Connection;
  readonly inode: number;
}

/**
 * Opens the database for writing. Call it only under the lease.
 *
 * Already the first statement plays back a hot journal, and in SQLite's default mode unlinks it then,
 * which on NFS hides it from other hosts. In EXCLUSIVE locking mode it is not unlinked, hence the order:
 * EXCLUSIVE, PERSIST, NORMAL. Never WAL, DELETE or TRUNCATE: docs/decisions/journal-mode.md.
 *
 * @throws SqliteError SQLITE_BUSY when a reader is in the way of a playback
 */
export function openWriter(file: string): OpenDatabase {
  return openSameInode(file, () => {
    const db = openConnection(file, { fileMustExist: true, timeout: 0 });
    try {
      refuseWal(db, file);
      db.pragma('locking_mode = EXCLUSIVE');
      setJournalMode(db, file);
      db.pragma('locking_mode = NORMAL');
      db.pragma('synchronous = FULL');
      db.pragma('cache_spill = OFF');
      db.pragma('mmap_size = 0');
      db.pragma('temp_store = MEMORY');
      db.pragma('foreign_keys = ON');
      db.pragma(`cache_size = -${CACHE_KIB}`);
      // The switch back to NORMAL takes effect, and the lock is given up, at the next read.
      db.prepare('select count(*) from sqlite_schema').get();
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/**
 * Opens the database for reading. A read-only connection cannot play a journal back, so it cannot
 * unlink one either: it throws SQLITE_READONLY_ROLLBACK instead.
 */
export function openReader(file: string): OpenDatabase {
  return openSameInode(file, () => {
    const db = openConnection(file, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      db.pragma('mmap_size = 0');
      db.pragma('temp_store = MEMORY');
      db.pragma(`cache_size = -${CACHE_KIB}`);
      // The pragmas have read the file: were it in WAL mode, SQLite would have made these by now.
      refuseWal(db, file);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Makes the database of a new queue, whose directory nobody else knows yet. */
export function openNew(file: string): Connection {
  const db = openConnection(file, { fileMustExist: true, timeout: 0 });
  setJournalMode(db, file);
  db.pragma('synchronous = FULL');
  db.pragma(`application_id = ${APPLICATION_ID}`);
  return db;
}

/** The inode that `file` names now. A stat is harmless; opening the file with anything but SQLite drops its locks. */
export function inodeOf(file: string): number {
  return statSync(file).ino;
}

function openSameInode(file: string, open: () => Connection): OpenDatabase {
  for (;;) {
    const before = inodeOf(file);
    let db: Connection;
    try {
      db = open();
    } catch (error) {
      if (systemCode(error) === 'SQLITE_CANTOPEN') explainCannotOpen(file, error);
      throw error;
    }
    if (inodeOf(file) === before) return { db, inode: before };
    db.close();
  }
}

function explainCannotOpen(file: string, cause: unknown): never {
  // better-sqlite3 hides errno; stat tells the commonest reason apart.
  statSync(file);
  throw new RqError('no-permission', `cannot open ${file}`, { cause });
}

function setJournalMode(db: Connection, file: string): void {
  const mode: unknown = db.pragma('journal_mode = PERSIST', { simple: true });
  if (mode !== 'persist') {
    throw new RqError(
      'queue-damaged',
      `${file}: expected journal mode persist, got ${String(mode)}`,
    );
  }
  db.pragma(`journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES}`);
}

/** WAL shares memory between processes of one host only: over NFS it loses data. */
function refuseWal(db: Connection, file: string): void {
  for (const suffix of ['-wal', '-shm']) {
    let found = true;
    try {
      statSync(file + suffix);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      found = false;
    }
    if (found) {
      db.close();
      throw new RqError(
        'queue-damaged',
        `${file}${suffix} exists: another program put this queue into WAL mode; end it, then run sqlite3 ${file} 'pragma journal_mode=delete'`,
      );
    }
  }
}
