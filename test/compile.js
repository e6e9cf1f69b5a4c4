// Compiles src and test into build/, where ava and the bench find them, with the files that the code
// reads at run time beside it.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
rmSync(join(root, 'build'), { recursive: true, force: true });
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', root], { cwd: root, stdio: 'inherit' });
for (const path of ['src/queue/migrations', 'src/runner/slot.sh']) {
  cpSync(join(root, path), join(root, 'build', path), { recursive: true });
}
