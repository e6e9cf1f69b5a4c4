import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';
import { RqError } from './domain/error.js';

/**
 * The one file that decides which SQLite binding runs, and the only importer of it.
 *
 * better-sqlite3 13 carries prebuilt Node-API binaries for Node-API 10 (Node 22.14 and later) and
 * crashes on Node 20; 12.11 is compiled at install for the one Node that installed it. Both have the
 * same interface. Source: WiseLibs/better-sqlite3#1514.
 */
export type Connection = Sqlite.Database;
export type Statement<Parameters extends unknown[] | object, Row> = Sqlite.Statement<
  Parameters extends unknown[] ? Parameters : [Parameters],
  Row
>;

const NODE_API_OF_PREBUILT = 10;

let binding: typeof Sqlite | null = null;

/** Opens a database file. Throws `SqliteError` with a `SQLITE_…` code. */
export function openConnection(file: string, options: Sqlite.Options): Connection {
  binding ??= loadBinding();
  return new binding(file, options);
}

function loadBinding(): typeof Sqlite {
  const require = createRequire(import.meta.url);
  const prebuilt = Number(process.versions['napi']) >= NODE_API_OF_PREBUILT;
  const names = prebuilt ? ['better-sqlite3-napi', 'better-sqlite3'] : ['better-sqlite3'];
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both packages have this type
      return require(name) as typeof Sqlite;
    } catch (error) {
      failures.push(error);
    }
  }
  throw new RqError(
    'usage',
    `no SQLite binding for Node ${process.versions.node}: run npm rebuild better-sqlite3 where rq is installed`,
    { cause: failures[0] },
  );
}
