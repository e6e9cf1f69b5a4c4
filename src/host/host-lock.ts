import { type Connection, openConnection } from '../sqlite.js';
import { systemCode } from '../domain/error.js';

/** A lock that the kernel takes back when its process ends, however it ends. */
export interface HostLock {
  release(): void;
}

/**
 * Takes the lock on a file of this host for as long as the process lives or until `release`; null
 * when another process (or another holder in this one) has it.
 *
 * Node has no flock(2): an exclusive transaction of SQLite on an empty database is a POSIX lock. So
 * the file must be on a local disk, and nothing else in the process may open and close it, which
 * would drop the lock.
 */
export function acquireHostLock(file: string): HostLock | null {
  const db = openConnection(file, { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    // Nothing is ever written; no journal may be left beside the lock either.
    db.pragma('journal_mode = MEMORY');
    db.exec('begin exclusive');
  } catch (error) {
    db.close();
    if (systemCode(error)?.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  return heldLock(db);
}

function heldLock(db: Connection): HostLock {
  return {
    release() {
      if (db.open) db.close();
    },
  };
}
