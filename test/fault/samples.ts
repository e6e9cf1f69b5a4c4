import { fileURLToPath } from 'node:url';
import { bootId } from '../../src/host/identity.js';
import type { NodeRow } from '../../src/queue/nodes.js';
import type { ArmedShell, Ending } from '../../src/runner/protocol.js';

/** What the fixtures and the tests that judge them agree on. */

export const INPUT_FILE = fileURLToPath(new URL('samples.js', import.meta.url));

export const SHELL: ArmedShell = { token: '00000000000000aa', pid: 4_100_000, pidStart: 1 };

export const ENDING: Ending = {
  token: SHELL.token,
  outcome: 'ended',
  exitStatus: 3,
  signal: null,
  elapsedSeconds: 1.5,
  cpuSeconds: 0.5,
  maxRssKib: 1024,
  reason: null,
};

/** A node as its feeder would know it; row 1 of every queue that `samples` were claimed in. */
export const NODE: NodeRow = {
  id: 1,
  name: 'sample',
  host: 'sample',
  machineId: 'sample',
  bootId: bootId(),
  pidNamespace: 'pid:[1]',
  user: 'sample',
  uid: 0,
  feederPid: null,
  feederStart: null,
  spool: 'sample',
  directory: '/nowhere',
  slots: 1,
  state: 'feeding',
  version: '0.1.0',
  since: '2026-01-01T00:00:00.000Z',
};
