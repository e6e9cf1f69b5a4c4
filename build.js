// Bundles the CLI, the runner and the worker threads into dist/, which is what bin/rq runs: start-up
// time is mostly the number of files read, and CommonJS, because Node loads an ES module three times
// slower than a CommonJS one. Built beside and swapped in, so that a feeder that is being
// started meanwhile finds either the old or the new one.
import { chmodSync, cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = import.meta.dirname;
const src = join(root, 'src');
const out = mkdtempSync(join(root, '.dist-'));

const bundle = await rolldown({
  input: {
    rq: join(src, 'cli/main.ts'),
    'runner-main': join(src, 'runner/runner-main.ts'),
    'recover-worker': join(src, 'queue/recover-worker.ts'),
    'beat-worker': join(src, 'lock/beat-worker.ts'),
  },
  platform: 'node',
  // Native, and chosen at run time by src/sqlite.ts.
  external: ['better-sqlite3', 'better-sqlite3-napi'],
});
await bundle.write({ dir: out, format: 'cjs', chunkFileNames: '[name]-[hash].js' });
writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');

// Read at run time, beside the code that reads them.
cpSync(join(src, 'queue/migrations'), join(out, 'migrations'), { recursive: true });
cpSync(join(src, 'runner/slot.sh'), join(out, 'slot.sh'));

// mkdtemp makes it private; an installed rq serves every user.
chmodSync(out, 0o755);
const dist = join(root, 'dist');
const old = `${out}-old`;
try {
  renameSync(dist, old);
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
renameSync(out, dist);
rmSync(old, { recursive: true, force: true });
