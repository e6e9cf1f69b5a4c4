import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RqError } from '../domain/error.js';
import type { Connection } from '../sqlite.js';

/** The schema this rq writes: the number of its last migration. A test compares it with the files. */
export const SCHEMA_VERSION = 1;
/** The oldest rq that can work with the schema above; stored with each migration. */
export const SCHEMA_NEEDS = '0.1.0';

const MIGRATIONS_DIRECTORY = join(import.meta.dirname, 'migrations');

interface Migration {
  readonly version: number;
  readonly title: string;
  readonly sql: string;
}

/** The `.sql` files in order; each is immutable once released. */
export function readMigrations(directory = MIGRATIONS_DIRECTORY): Migration[] {
  return readdirSync(directory)
    .flatMap((name) => {
      const [, version, title] = /^(\d{4})-(.+)\.sql$/.exec(name) ?? [];
      if (version === undefined || title === undefined) return [];
      return [
        { version: Number(version), title, sql: readFileSync(join(directory, name), 'utf8') },
      ];
    })
    .toSorted((a, b) => a.version - b.version);
}

/** Brings the schema up to date. Call it in a write transaction, or on a database nobody else knows. */
export function migrate(db: Connection, now: string, migrations = readMigrations()): void {
  const current = schemaVersion(db);
  for (const { version, title, sql } of migrations) {
    if (version <= current) continue;
    db.exec(sql);
    db.prepare(
      'insert into migrations (version, title, needs, applied) values (:version, :title, :needs, :now)',
    ).run({ version, title, needs: SCHEMA_NEEDS, now });
    db.pragma(`user_version = ${version}`);
  }
}

export function schemaVersion(db: Connection): number {
  return Number(db.pragma('user_version', { simple: true }));
}

/** @throws RqError `queue-too-new`, naming the version that the queue needs */
export function refuseNewerSchema(db: Connection, directory: string): void {
  if (schemaVersion(db) <= SCHEMA_VERSION) return;
  const needs = db
    .prepare<[], string>('select needs from migrations order by version desc limit 1')
    .pluck()
    .get();
  throw new RqError(
    'queue-too-new',
    `the queue at ${directory} needs rq ${needs ?? '(unknown)'} or later`,
  );
}
