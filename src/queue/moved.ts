import type { Connection } from '../sqlite.js';
import type { WriteTransaction } from './transaction.js';

/** Inode of the directory in which the queue was created or last accepted; a copy has another. */
export function readDirectoryInode(db: Connection): number | null {
  return db.prepare<[], number | null>('select directory from meta').pluck().get() ?? null;
}

/** The owner says that the queue lives here now. */
export function acceptDirectory(tx: WriteTransaction, inode: number): void {
  tx.db.prepare('update meta set directory = :inode').run({ inode });
}
