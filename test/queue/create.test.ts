import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { thisProcess } from '../../src/host/identity.js';
import { createQueue } from '../../src/queue/create.js';

function makeParent(t: { teardown: (step: () => void) => void }): string {
  const parent = mkdtempSync(join(tmpdir(), 'rq-create-'));
  t.teardown(() => rmSync(parent, { recursive: true, force: true }));
  return parent;
}

test('create removes what a creator of the same queue left that was killed', (t) => {
  const parent = makeParent(t);
  const { bootId, pid, pidStart } = thisProcess();
  const boot = bootId.slice(0, 8);
  const dead = spawnSync('true').pid;
  mkdirSync(join(parent, `.q.${boot}-${dead}-1`, 'lease'), { recursive: true });
  const others = [`.q.${boot}-${pid}-${pidStart}.keep`, `.other.${boot}-${dead}-1`, '.q.old'];
  for (const name of others) mkdirSync(join(parent, name));
  createQueue(join(parent, 'q')).close();
  t.deepEqual(readdirSync(parent).toSorted(), [...others, 'q'].toSorted());
});

test('create refuses what is there, whatever it is, and leaves nothing beside', (t) => {
  const parent = makeParent(t);
  createQueue(join(parent, 'q')).close();
  t.throws(() => createQueue(join(parent, 'q')), { message: /exists already/ });
  t.throws(() => createQueue(join(parent, 'q', 'db', 'below')), { message: /cannot make|exists/ });
  t.throws(() => createQueue('/proc/none/q'), { message: /cannot make/ });
  t.deepEqual(readdirSync(parent), ['q']);
  t.true(existsSync(join(parent, 'q', 'db')));
});
