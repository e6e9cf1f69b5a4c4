// One claim transaction with 1,000 and with 1,000,000 jobs pending: the queue's length must not show.
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { thisProcess } from '../build/src/host/identity.js';
import { claimJobs } from '../build/src/queue/claim.js';
import { createQueue } from '../build/src/queue/create.js';
import { registerNode } from '../build/src/queue/nodes.js';
import { submitJobs } from '../build/src/queue/submit.js';
import { userName } from '../build/src/host/identity.js';
import { ratios } from './process.js';

const ROUNDS = 60;
const CHUNK = 50_000;

const JOB = {
  command: 'true',
  argv: null,
  priority: 0,
  tag: null,
  restartable: false,
  staged: false,
  hosts: null,
  cwd: '/',
  shell: null,
  env: null,
  stdinFile: null,
  dataPath: null,
  lane: 'main',
};

export async function* measure({ work }) {
  const few = await prepare(join(work, 'claim-few'), 1_000);
  const many = await prepare(join(work, 'claim-many'), 1_000_000);
  const fewMs = [];
  const manyMs = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    fewMs.push(await timeClaim(few));
    manyMs.push(await timeClaim(many));
  }
  few.queue.close();
  many.queue.close();
  yield { what: 'claim transaction, 1,000 pending', values: fewMs, unit: 'ms' };
  yield { what: 'claim transaction, 1,000,000 pending', values: manyMs, unit: 'ms' };
  yield {
    what: 'claim, ratio',
    values: ratios(manyMs, fewMs),
    unit: 'x',
    against: '1,000 pending',
  };
}

async function prepare(directory, jobs) {
  const queue = createQueue(directory);
  for (let done = 0; done < jobs; done += CHUNK) {
    await submitJobs(
      queue,
      Array.from({ length: Math.min(CHUNK, jobs - done) }, () => JOB),
    );
  }
  const { host, machineId, bootId, pidNamespace, pid, pidStart } = thisProcess();
  const node = await queue.write('sign-on', (tx) =>
    registerNode(tx, {
      name: 'bench',
      host,
      machineId,
      bootId,
      pidNamespace,
      user: userName(),
      uid: process.getuid(),
      feederPid: pid,
      feederStart: pidStart,
      spool: 'bench',
      directory,
      slots: 1,
      state: 'feeding',
      version: '0',
    }),
  );
  return { queue, node };
}

async function timeClaim({ queue, node }) {
  const shell = { token: randomBytes(8).toString('hex'), pid: 2, pidStart: 1 };
  const began = performance.now();
  const claimed = await queue.write('feed', (tx) =>
    claimJobs(tx, { node, shells: [shell], anyUser: false }),
  );
  const ms = performance.now() - began;
  if (claimed.length !== 1) throw new Error('nothing claimed');
  return ms;
}
