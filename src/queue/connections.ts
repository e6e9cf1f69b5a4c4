import { RqError } from '../domain/error.js';
import type { Connection } from '../sqlite.js';
import { APPLICATION_ID, inodeOf, openReader, openWriter, type OpenDatabase } from './database.js';
import { refuseNewerSchema } from './migrate.js';
import type { QueuePaths } from './paths.js';

/**
 * The connections of one process to one queue. They open when first needed and stay open; each use
 * checks that `db` still names their inode (`recover` and a restore replace it), and a new one must
 * show that it is of this queue.
 */
export class Connections {
  readonly #paths: QueuePaths;
  readonly #uuid: string;
  #reader: OpenDatabase | null = null;
  #writer: OpenDatabase | null = null;

  constructor(paths: QueuePaths, uuid: string) {
    this.#paths = paths;
    this.#uuid = uuid;
  }

  /** Runs `work` in one read transaction. Throws SQLITE_BUSY, SQLITE_READONLY_ROLLBACK and the like. */
  read<T>(work: (db: Connection) => T): T {
    if (this.#reader !== null && !this.#isCurrent(this.#reader)) this.closeReader();
    const isNew = this.#reader === null;
    this.#reader ??= openReader(this.#paths.db);
    const { db } = this.#reader;
    try {
      db.exec('begin');
      if (isNew) this.#checkIdentity(db);
      const value = work(db);
      db.exec('commit');
      return value;
    } catch (error) {
      if (db.inTransaction) db.exec('rollback');
      // A new connection has not shown yet that it is of this queue; the next try checks again.
      if (isNew) this.closeReader();
      throw error;
    }
  }

  /** The connection for writing. Only under the lease; throws SQLITE_BUSY like any statement. */
  writer(): Connection {
    if (this.#writer !== null && !this.#isCurrent(this.#writer)) this.closeWriter();
    if (this.#writer === null) {
      const opened = openWriter(this.#paths.db);
      try {
        this.#checkIdentity(opened.db);
      } catch (error) {
        opened.db.close();
        throw error;
      }
      this.#writer = opened;
    }
    return this.#writer.db;
  }

  isWriterCurrent(): boolean {
    return this.#writer !== null && this.#isCurrent(this.#writer);
  }

  closeReader(): void {
    this.#reader?.db.close();
    this.#reader = null;
  }

  closeWriter(): void {
    this.#writer?.db.close();
    this.#writer = null;
  }

  #isCurrent({ inode }: OpenDatabase): boolean {
    return inodeOf(this.#paths.db) === inode;
  }

  #checkIdentity(db: Connection): void {
    const { db: file, directory } = this.#paths;
    if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
      throw new RqError('queue-damaged', `${file} is not a queue of rq`);
    }
    refuseNewerSchema(db, directory);
    const uuid = db.prepare<[], string>('select uuid from meta').pluck().get();
    if (uuid !== this.#uuid) {
      throw new RqError('queue-moved', `the database in ${directory} belongs to another queue`);
    }
  }
}
