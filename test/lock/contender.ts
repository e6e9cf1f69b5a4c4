import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { LeaseTimes } from '../../src/lock/times.js';

export const SHORT: LeaseTimes = { ttlMs: 600, beatMs: 100, selfLimitMs: 400 };
export const LONG: LeaseTimes = { ttlMs: 600_000, beatMs: 100_000, selfLimitMs: 400_000 };

export function leaseDirectory(t: ExecutionContext): string {
  const queue = mkdtempSync(join(tmpdir(), 'rq-lease-'));
  t.teardown(() => rmSync(queue, { recursive: true, force: true }));
  mkdirSync(join(queue, 'lease'), { mode: 0o700 });
  return join(queue, 'lease');
}

/** A process of its own that wants a lease; see fixtures/holder.ts for its words. */
export interface Contender {
  readonly child: ChildProcess;
  readonly pid: number;
  ask(words: string): Promise<string>;
  /** Resolves with the signal or status and what it wrote to stderr. */
  ended(): Promise<{ how: string | number | null; stderr: string }>;
  kill(signal: NodeJS.Signals): Promise<unknown>;
}

export function contender(
  t: ExecutionContext,
  directory: string,
  options: { times: LeaseTimes; worker?: boolean; env?: Record<string, string> },
): Contender {
  const program = new URL('./fixtures/holder.js', import.meta.url).pathname;
  const args = [program, directory, JSON.stringify(options.times), options.worker ? 'worker' : ''];
  const env = { ...process.env, ...options.env };
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on('error', () => {});
  const end = new Promise<{ how: string | number | null; stderr: string }>((done) =>
    child.once('close', (code, signal) => done({ how: signal ?? code, stderr })),
  );
  t.teardown(async () => {
    child.kill('SIGKILL');
    await end;
  });
  return {
    child,
    pid: child.pid ?? 0,
    async ask(words) {
      child.stdin.write(`${words}\n`);
      const { value, done } = await lines.next();
      return done === true ? 'gone' : value;
    },
    ended: () => end,
    kill(signal) {
      child.kill(signal);
      return signal === 'SIGKILL' ? end : Promise.resolve();
    },
  };
}
