import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { DEFAULT_LEASE_TIMES, type LeaseTimes } from '../../src/lock/times.js';

const isFull = process.env['RQ_TEST_FULL'] === '1';
const PROGRAM = new URL('./fixtures/lease-worker.js', import.meta.url).pathname;
const SCALED: LeaseTimes = { ttlMs: 3_000, beatMs: 500, selfLimitMs: 2_000 };

interface Round {
  readonly kind: 'lease' | 'plain';
  readonly times: LeaseTimes;
  readonly hostProof: boolean;
  /** Many directories at once: most of the time is spent in waiting for a TTL. */
  readonly directories: number;
  readonly contenders: number;
  readonly holds: number;
  readonly overlaps: number;
  readonly limitMs: number;
}

interface HoldTime {
  readonly begun: bigint;
  readonly ended: bigint;
}

/** Lets contenders fight until there were so many holds, or so many overlaps. */
async function fight(round: Round): Promise<{ holds: number; overlaps: number }> {
  const base = mkdtempSync(join(tmpdir(), 'rq-stress-'));
  const live = new Map<ChildProcess, Promise<unknown>>();
  const env = { ...process.env, RQ_TEST_NO_HOST_PROOF: round.hostProof ? '0' : '1' };
  let isOver = false;
  let started = 0;
  const start = (directory: string): void => {
    started += 1;
    const log = join(directory, `log.${started}`);
    const args = [PROGRAM, round.kind, join(directory, 'lease'), log, JSON.stringify(round.times)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    const end = new Promise((done) => child.once('exit', done)).then(() => {
      live.delete(child);
      if (!isOver) start(directory);
    });
    live.set(child, end);
  };
  const directories = Array.from({ length: round.directories }, (_, index) =>
    join(base, String(index)),
  );
  for (const directory of directories) {
    mkdirSync(join(directory, 'lease'), { recursive: true });
    for (let count = 0; count < round.contenders; count += 1) start(directory);
  }
  const until = performance.now() + round.limitMs;
  let result = { holds: 0, overlaps: 0 };
  while (performance.now() < until) {
    await sleep(250);
    result = countAll(directories);
    if (result.holds >= round.holds || result.overlaps >= round.overlaps) break;
  }
  isOver = true;
  const ends = [...live.values()];
  for (const child of live.keys()) child.kill('SIGKILL');
  await Promise.all(ends);
  result = countAll(directories);
  rmSync(base, { recursive: true, force: true });
  return result;
}

function countAll(directories: readonly string[]): { holds: number; overlaps: number } {
  const each = directories.map(holdsOf);
  return {
    holds: each.reduce((sum, holds) => sum + holds.length, 0),
    overlaps: each.reduce((sum, holds) => sum + overlapsIn(holds), 0),
  };
}

function holdsOf(directory: string): HoldTime[] {
  const logs = readdirSync(directory).filter((name) => name.startsWith('log.'));
  return logs
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1))
    .map((line) => {
      const [begun = '', ended = ''] = line.split(' ');
      return { begun: BigInt(begun), ended: BigInt(ended) };
    })
    .toSorted((a, b) => (a.begun < b.begun ? -1 : 1));
}

/** Holds that began before an earlier one had ended. */
function overlapsIn(holds: readonly HoldTime[]): number {
  let latestEnd = 0n;
  let overlaps = 0;
  for (const { begun, ended } of holds) {
    if (begun < latestEnd) overlaps += 1;
    if (ended > latestEnd) latestEnd = ended;
  }
  return overlaps;
}

const never = Number.POSITIVE_INFINITY;

test.serial(
  'no two hold the lease at once: holders killed, clocks wrong, proof by the host',
  async (t) => {
    const result = await fight({
      kind: 'lease',
      times: DEFAULT_LEASE_TIMES,
      hostProof: true,
      directories: 2,
      contenders: 3,
      holds: isFull ? 1_000 : 150,
      overlaps: 1,
      limitMs: isFull ? 600_000 : 60_000,
    });
    t.log(result);
    t.is(result.overlaps, 0);
    t.true(result.holds >= (isFull ? 1_000 : 150));
  },
);

test.serial(
  'no two hold the lease at once: holders killed, clocks wrong, only time tells',
  async (t) => {
    const result = await fight({
      kind: 'lease',
      times: isFull ? DEFAULT_LEASE_TIMES : SCALED,
      hostProof: false,
      directories: isFull ? 20 : 10,
      contenders: 2,
      holds: isFull ? 500 : 150,
      overlaps: 1,
      limitMs: isFull ? 3_600_000 : 90_000,
    });
    t.log(result);
    t.is(result.overlaps, 0);
    t.true(result.holds >= (isFull ? 500 : 150));
  },
);

test.serial('the same test sees plain proper-lockfile overlap', async (t) => {
  const result = await fight({
    kind: 'plain',
    times: SCALED,
    hostProof: false,
    directories: 6,
    contenders: 4,
    holds: never,
    overlaps: 1,
    limitMs: 120_000,
  });
  t.log(result);
  t.true(result.overlaps >= 1);
});
