import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { RqError } from '../../src/domain/error.js';
import { acquireHostLock } from '../../src/host/host-lock.js';
import { localDirectory } from '../../src/host/local-directory.js';

function temporary(t: ExecutionContext): string {
  const base = mkdtempSync(join(tmpdir(), 'rq-local-'));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  return base;
}
const queue = { uuid: 'u', directoryDev: 1, directoryIno: 2, node: 'n' };
const uid = process.getuid?.() ?? 0;

test('a node has a private directory of its own, the same each time', (t) => {
  const base = temporary(t);
  const directory = localDirectory({ ...queue, base });
  t.regex(directory, new RegExp(`^${base}/rq-${uid}/[0-9a-f]{16}$`));
  t.is(statSync(directory).mode & 0o777, 0o700);
  t.is(statSync(join(base, `rq-${uid}`)).mode & 0o777, 0o700);
  t.is(localDirectory({ ...queue, base }), directory);
  const others = [{ uuid: 'v' }, { directoryDev: 3 }, { directoryIno: 3 }, { node: 'm' }];
  for (const other of others) t.not(localDirectory({ ...queue, ...other, base }), directory);
});

test('a directory that others could use is refused', (t) => {
  const refused = (base: string, words: RegExp): void => {
    const error = t.throws(() => localDirectory({ ...queue, base }), { instanceOf: RqError });
    t.is(error?.code, 'local-directory');
    t.regex(error?.message ?? '', words);
  };
  const open = temporary(t);
  localDirectory({ ...queue, base: open });
  chmodSync(join(open, `rq-${uid}`), 0o755);
  refused(open, /has mode 0755, not 0700/);

  const linked = temporary(t);
  symlinkSync(open, join(linked, `rq-${uid}`));
  refused(linked, new RegExp(`is a link of uid ${uid}`));

  refused(join(temporary(t), 'missing'), /cannot make/);
  const long = join(temporary(t), 'x'.repeat(80));
  refused(long, /bytes too long for a socket's path/);
  t.false(existsSync(long));
});

test('a host lock has one holder until it is released', (t) => {
  const file = join(temporary(t), 'lock');
  const lock = acquireHostLock(file);
  t.truthy(lock);
  t.is(acquireHostLock(file), null);
  lock?.release();
  lock?.release();
  const next = acquireHostLock(file);
  t.truthy(next);
  next?.release();
});
