import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from './queue-under-test.js';
import { until } from './queue-under-test.js';

/** System calls by which a process changes what others can see: names, contents, modes, locks. */
const WRITE_CALLS =
  'pwrite64,write,writev,pwritev,ftruncate,fallocate,copy_file_range,sendfile,fsync,fdatasync,openat,' +
  'mkdir,mkdirat,rmdir,symlink,symlinkat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,' +
  'chmod,fchmod,fchmodat,chown,fchown,fchownat,utimensat,fcntl';

/** One system call of the main thread on a queue. */
export interface Call {
  readonly name: string;
  /** Counts the calls of that name since strace came. */
  readonly ordinal: number;
  /** Name and arguments without what is random: the same call of two runs looks the same. */
  readonly text: string;
}

export type Fault = 'signal=SIGKILL' | `error=${'EIO' | 'ENOSPC' | 'EDQUOT' | 'ESTALE'}`;

/** Runs `work` while strace watches the actor's main thread; returns the log. */
async function traced(
  actor: Actor,
  options: readonly string[],
  work: () => Promise<void>,
): Promise<string> {
  const log = join(tmpdir(), `rq-strace-${randomBytes(8).toString('hex')}`);
  const strace = spawn(
    'strace',
    ['-y', '-s', '0', '-o', log, ...options, '-p', String(actor.pid)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const state = watch(strace);
  try {
    await until('strace', () => state.failed() ?? state.said().includes('attached'));
    if (state.failed() !== null) throw new Error(state.failed() ?? '');
    try {
      await work();
    } finally {
      strace.kill('SIGTERM');
      await until('the end of strace', state.ended);
    }
    return readFileSync(log, 'utf8');
  } finally {
    rmSync(log, { force: true });
  }
}

function watch(strace: ChildProcess): {
  said: () => string;
  failed: () => string | null;
  ended: () => boolean;
} {
  let said = '';
  let failed: string | null = null;
  let ended = false;
  strace.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  strace.once('error', (error) => (failed = `strace cannot be run: ${error.message}`));
  strace.once('close', (code) => {
    ended = true;
    // It may attach to its own children only where kernel.yama.ptrace_scope is 1, unless it is root's.
    if (!said.includes('attached')) failed ??= `strace ended with ${code}: ${said}`;
  });
  return { said: () => said, failed: () => failed, ended: () => ended };
}

/** The write-side calls that `work` makes the actor do in `directory`, in order. */
export async function callsOf(
  actor: Actor,
  directory: string,
  work: () => Promise<void>,
): Promise<Call[]> {
  const log = await traced(actor, ['-e', `trace=${WRITE_CALLS}`], work);
  const counts = new Map<string, number>();
  return log.split('\n').flatMap((line) => {
    const [, name] = /^(\w+)\(/.exec(line) ?? [];
    if (name === undefined) return [];
    const ordinal = (counts.get(name) ?? 0) + 1;
    counts.set(name, ordinal);
    return isWrite(name, line, directory) ? [{ name, ordinal, text: normal(line, directory) }] : [];
  });
}

function isWrite(name: string, line: string, directory: string): boolean {
  if (!['/', '>', '"'].some((end) => line.includes(directory + end))) return false;
  if (name === 'openat') return /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line);
  if (name === 'fcntl') return line.includes('F_SETLK');
  return true;
}

/** Without results, random names and contents. */
function normal(line: string, directory: string): string {
  return line
    .replaceAll(directory, '')
    .replace(/(\) +=| <unfinished).*$/, ')')
    .replace(/\d+</, '<')
    .replaceAll(/p\.[0-9a-f-]{20,}|[0-9a-f]{16}/g, '*');
}

/** Runs `work` with the fault at that call. False when it hit another one: the runs differed. */
export async function inject(
  actor: Actor,
  params: { directory: string; call: Call; fault: Fault; work: () => Promise<void> },
): Promise<boolean> {
  const { directory, call, fault, work } = params;
  const injection = `inject=${call.name}:${fault}:when=${call.ordinal}`;
  const log = await traced(actor, ['-e', `trace=${call.name}`, '-e', injection], work);
  const lines = log.split('\n').filter((line) => line.startsWith(`${call.name}(`));
  const hit = fault.startsWith('error')
    ? lines.find((line) => line.includes('(INJECTED)'))
    : lines.at(-1);
  return hit !== undefined && lines.length >= call.ordinal && normal(hit, directory) === call.text;
}
