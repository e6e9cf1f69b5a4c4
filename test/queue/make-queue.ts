import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Job, NewJob } from '../../src/domain/job.js';
import type { JobQuery } from '../../src/domain/selection.js';
import { claimJobs, type ClaimParams, type ClaimedJob } from '../../src/queue/claim.js';
import { createQueue, type CreateOptions } from '../../src/queue/create.js';
import { registerNode, type NodeIdentity, type NodeRow } from '../../src/queue/nodes.js';
import type { Queue } from '../../src/queue/queue.js';
import { settleAttempt, type AttemptEnding, type Settled } from '../../src/queue/settle.js';
import { submitJobs } from '../../src/queue/submit.js';

/** For a test that breaks a lease: it then waits seconds, not half a minute. */
export const SHORT_TIMES = { lease_ttl_ms: 3_000, lease_beat_ms: 300, lease_self_limit_ms: 2_000 };

/**
 * A queue in a temporary directory; both are gone after the test. Its times are the usual ones: the
 * tests of a file share one thread, and a short lease would not bear the others' work.
 */
export function makeQueue(
  t: Pick<ExecutionContext, 'teardown'>,
  options: CreateOptions = {},
): Queue {
  const parent = mkdtempSync(join(tmpdir(), 'rq-test-'));
  const queue = createQueue(join(parent, 'q'), options);
  t.teardown(() => {
    queue.close();
    rmSync(parent, { recursive: true, force: true });
  });
  return queue;
}

export function newJob(fields: Partial<NewJob> = {}): NewJob {
  return {
    command: 'true',
    argv: null,
    priority: 0,
    tag: null,
    restartable: false,
    staged: false,
    hosts: null,
    cwd: '/tmp',
    shell: null,
    env: null,
    stdinFile: null,
    dataPath: null,
    lane: 'main',
    ...fields,
  };
}

/** Submits one job for each set of fields. */
export async function submit(queue: Queue, ...jobs: Partial<NewJob>[]): Promise<Job[]> {
  return submitJobs(queue, jobs.map(newJob));
}

/** A node of this user; `fields` tell several apart. */
export async function makeNode(queue: Queue, fields: Partial<NodeIdentity> = {}): Promise<NodeRow> {
  return queue.write('sign-on', (tx) =>
    registerNode(tx, {
      name: 'n1',
      host: 'n1.example.org',
      machineId: 'm1',
      bootId: 'boot-1',
      pidNamespace: 'pid:[1]',
      user: tx.actor.user,
      uid: 1000,
      feederPid: 100,
      feederStart: 1,
      spool: 'spool-1',
      directory: '/var/tmp/n1',
      slots: 2,
      state: 'feeding',
      version: '0.1.0',
      ...fields,
    }),
  );
}

let tokens = 0;

/** Claims with `count` made-up shells. */
export async function claim(
  queue: Queue,
  node: NodeRow,
  count: number,
  params: Partial<ClaimParams> = {},
): Promise<ClaimedJob[]> {
  const shells = Array.from({ length: count }, () => {
    tokens += 1;
    return { token: tokens.toString(16).padStart(16, '0'), pid: 10_000 + tokens, pidStart: tokens };
  });
  return queue.write('feed', (tx) => claimJobs(tx, { node, shells, anyUser: false, ...params }));
}

/** An ending with exit status 0 unless told otherwise. */
export function ending(token: string, fields: Partial<AttemptEnding> = {}): AttemptEnding {
  return {
    token,
    outcome: 'ended',
    exitStatus: 0,
    signal: null,
    elapsedSeconds: 1.5,
    cpuSeconds: 0.25,
    maxRssKib: 2048,
    reason: null,
    ...fields,
  };
}

export async function settle(
  queue: Queue,
  token: string,
  fields: Partial<AttemptEnding> = {},
): Promise<Settled> {
  return queue.write('feed', (tx) => settleAttempt(tx, ending(token, fields)));
}

/** Submits jobs and runs each to the given exit status. */
export async function finish(queue: Queue, ...statuses: number[]): Promise<Job[]> {
  const node = await makeNode(queue);
  await submit(queue, ...statuses.map(() => ({})));
  const claimed = await claim(queue, node, statuses.length);
  const settled = await Promise.all(
    claimed.map(({ token }, index) => settle(queue, token, { exitStatus: statuses[index] ?? 0 })),
  );
  return settled.flatMap(({ job }) => (job === null ? [] : [job]));
}

/** Every row of a statement, for looking behind the scenes. */
export function rows(queue: Queue, sql: string): unknown[] {
  return queue.read((db) => db.prepare(sql).all());
}

export const ALL: JobQuery = { kind: 'all' };

export function only(...jids: number[]): JobQuery {
  return { kind: 'jids', ranges: jids.map((jid) => [jid, jid]) };
}

/** Jobs 1 to 4: running, finished with 0, holding, pending. */
export async function mixedQueue(queue: Queue): Promise<string> {
  await submit(queue, { priority: 2 }, { priority: 1 }, { staged: true }, {});
  const node = await makeNode(queue);
  const [first, second] = await claim(queue, node, 2);
  if (first === undefined || second === undefined) throw new Error('nothing claimed');
  await settle(queue, second.token);
  return first.token;
}

/** A file beside the queue. */
export function fileIn(queue: Queue, name: string, text: string): string {
  const path = join(queue.directory, '..', name);
  writeFileSync(path, text);
  return path;
}
