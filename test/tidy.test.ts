import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import test from 'ava';
import { JOB_STATES, NEXT_STATES } from '../src/domain/state.js';
import { SCHEMA_VERSION, readMigrations } from '../src/queue/migrate.js';
import { VERSION } from '../src/version.js';

const ROOT = join(import.meta.dirname, '..', '..');
const LINES_MAX = 250;
/** Each dependency has one door. */
const DOORS: Readonly<Record<string, RegExp>> = {
  'better-sqlite3': /^src\/sqlite\.ts$/,
  'proper-lockfile': /^src\/lock\/lease\.ts$/,
  'js-yaml': /^src\/yaml\//,
  clipanion: /^src\/cli\//,
};

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => relative(ROOT, join(ROOT, folder, name)));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

test('no source file is longer than a reader can hold', (t) => {
  const long = sources('src').filter((file) => read(file).split('\n').length - 1 > LINES_MAX);
  t.deepEqual(long, []);
});

test('each dependency is imported through its one door', (t) => {
  for (const [name, door] of Object.entries(DOORS)) {
    const importers = sources('src').filter((file) =>
      new RegExp(`(from|require\\(|import\\() ?'${name}'`).test(read(file)),
    );
    t.deepEqual(
      importers.filter((file) => !door.test(file)),
      [],
      name,
    );
    if (name !== 'better-sqlite3') t.true(importers.length > 0, `${name} is not used any more`);
  }
});

test('nothing in the product is left for later', (t) => {
  const marks = /\b(TODO|FIXME|XXX|not implemented)\b/;
  t.deepEqual(
    [...sources('src'), ...sources('test')]
      .filter((file) => !file.endsWith('tidy.test.ts'))
      .filter((file) => marks.test(read(file))),
    [],
  );
});

test('no module is called utils, common, helpers, types, lib or manager', (t) => {
  const vague = /(^|\/)(utils?|common|helpers?|types|lib|manager)(\/|\.ts$)/;
  t.deepEqual(
    sources('src').filter((file) => vague.test(file)),
    [],
  );
});

test('every source file is imported by another, or is an entry of the bundle', (t) => {
  const all = sources('src');
  const text = all.map(read).join('\n') + read('build.js');
  const unused = all.filter((file) => {
    const stem = file.replace(/^.*\//, '').replace(/\.ts$/, '');
    return !text.includes(`/${stem}.js'`) && !text.includes(`/${stem}.ts'`);
  });
  t.deepEqual(unused, []);
});

test('the version and the schema version are those of package.json and of the migrations', (t) => {
  const manifest: unknown = JSON.parse(read('package.json'));
  t.like(manifest, { version: VERSION });
  t.deepEqual(
    readMigrations().map(({ version }) => version),
    Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1),
  );
});

test('the schema lists the states and arrows of the code', (t) => {
  const sql = read('src/queue/migrations/0001-queue.sql');
  const states = /check \(state in \(('pending'[^)]*)\)\)/.exec(sql)?.[1] ?? '';
  t.deepEqual(
    states.split(', ').map((state) => state.replaceAll("'", '')),
    [...JOB_STATES],
  );
  const arrows = [...sql.matchAll(/'([a-z]+>[a-z]+)'/g)].map(([, arrow]) => arrow ?? '');
  const wanted = JOB_STATES.flatMap((from) => NEXT_STATES[from].map((to) => `${from}>${to}`));
  t.deepEqual(new Set(arrows), new Set(wanted));
});
