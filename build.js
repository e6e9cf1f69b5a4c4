// Bundles the CLI, the runner and the beat worker into dist/, which is what bin/rq runs: one file
// each plus lazily loaded chunks, because start-up time is mostly the number of files read.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { rolldown } from 'rolldown';

const out = new URL('./dist/', import.meta.url).pathname;
const src = new URL('./src/', import.meta.url).pathname;
rmSync(out, { recursive: true, force: true });
mkdirSync(out);

const bundle = await rolldown({
  input: {
    rq: `${src}cli/main.ts`,
    'runner-main': `${src}runner/runner-main.ts`,
    'recover-worker': `${src}queue/recover-worker.ts`,
    'beat-worker': `${src}lock/beat-worker.ts`,
  },
  platform: 'node',
  // Native, and chosen at run time by src/sqlite.ts.
  external: ['better-sqlite3', 'better-sqlite3-napi'],
});
await bundle.write({ dir: out, format: 'esm', chunkFileNames: '[name]-[hash].js' });

// Read at run time, beside the code that reads them.
cpSync(`${src}queue/migrations`, `${out}migrations`, { recursive: true });
cpSync(`${src}runner/slot.sh`, `${out}slot.sh`);
