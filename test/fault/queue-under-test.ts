import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { ExecutionContext } from 'ava';
import { readProcessStat } from '../../src/host/process.js';
import { isOwnerGone, parseEntries } from '../../src/lock/entries.js';
import type { Queue } from '../../src/queue/queue.js';
import { queuePaths } from '../../src/queue/paths.js';
import { WAKE_NAME } from '../../src/queue/wake.js';
import { recount } from './recount.js';

/** A wait that is over only because something is broken. */
const PATIENCE_MS = 60_000;

export function makeDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'rq-fault-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  const began = performance.now();
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() - began > PATIENCE_MS) throw new Error(`waited in vain for ${what}`);
    await sleep(2);
  }
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}.js`, import.meta.url));
}

/** The environment of every child: none of rq's variables but those given. */
export function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith('RQ_') && name !== 'NODE_EXTRA_CA_CERTS') env[name] = value;
  }
  return { ...env, ...extra };
}

export interface ActorOptions {
  readonly env?: Record<string, string>;
  /** Program and arguments that run node: strace, setpriv, unshare. */
  readonly under?: readonly string[];
  readonly uid?: number;
}

/** A process of its own that works on a queue. It is killed at the end of the test. */
export class Actor {
  readonly child: ChildProcess;
  output = '';
  errors = '';
  /** Signal or status; null while it lives. */
  how: string | number | null = null;
  readonly #end: Promise<void>;

  constructor(
    t: ExecutionContext,
    program: string,
    args: readonly string[],
    options: ActorOptions = {},
  ) {
    const [command = process.execPath, ...rest] = [
      ...(options.under ?? []),
      process.execPath,
      fixture(program),
      ...args,
    ];
    this.child = spawn(command, rest, {
      env: environment(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    // It may be killed while we write.
    this.child.stdin?.on('error', () => undefined);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.#end = new Promise((done, failed) => {
      this.child.once('error', failed);
      this.child.once('close', (code, signal) => {
        this.how = signal ?? code;
        done();
      });
    });
    t.teardown(async () => {
      this.child.kill('SIGKILL');
      await this.#end;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get said(): string {
    return `${this.output}${this.errors}`;
  }

  /** Waits until what it wrote matches. */
  async says(pattern: RegExp): Promise<void> {
    await until(`${pattern} from ${this.child.spawnargs.join(' ')}`, () => {
      if (pattern.test(this.said)) return true;
      if (this.how !== null)
        throw new Error(`${pattern} expected, it ended with ${this.how}: ${this.said}`);
      return false;
    });
  }

  /** Sends a line and waits for a line in answer, or for the end of the process: null. */
  async ask(line: string): Promise<string | null> {
    const seen = this.output.length;
    this.child.stdin?.write(`${line}\n`);
    return until(`an answer to ${line}`, () => {
      const answer = this.output.slice(seen);
      if (answer.endsWith('\n')) return { line: answer.trim() };
      return this.how !== null && { line: null };
    }).then(({ line: answer }) => answer);
  }

  /** Sends a line, and no more after it: a fixture that waits for lines ends. */
  tell(line: string): void {
    this.child.stdin?.end(`${line}\n`);
  }

  async ended(): Promise<string | number | null> {
    await until(
      `the end of ${this.child.spawnargs.join(' ')}: ${this.said}`,
      () => this.how !== null,
    );
    await this.#end;
    return this.how;
  }

  /** Waits until it has stopped itself at a fault point. */
  async stops(): Promise<void> {
    await this.says(/rq: fault /);
    await until('a stopped process', () => readProcessStat(this.pid)?.state === 'T');
  }

  wake(): void {
    this.child.kill('SIGCONT');
  }
}

/** What is wrong with the queue's file, its counters and its fencing number; nothing: it is whole. */
export function problemsOf(queue: Queue): string[] {
  const [kept, counted] = recount(queue);
  const same = isDeepStrictEqual(kept, counted);
  return queue.read((db) => {
    const integrity = String(db.pragma('integrity_check', { simple: true }));
    const highest = db
      .prepare<[], number>(
        'select count(*) from meta m where generation < (select max(generation) from commits)',
      )
      .pluck()
      .get();
    return [
      ...(integrity === 'ok' ? [] : [`integrity: ${integrity}`]),
      ...(same ? [] : [`counters ${JSON.stringify(kept)}, rows ${JSON.stringify(counted)}`]),
      ...(highest === 0 ? [] : ['a commit above the stored generation']),
    ];
  });
}

/** Files and directories that belong to no queue at rest. */
export function leftovers(queue: Queue): string[] {
  const { paths } = queue;
  const known: [string, RegExp][] = [
    [
      paths.directory,
      /^(db|db-journal|queue\.json|lease|wake|nodes|bin|stdin|stdout|stderr|data|trash)$/,
    ],
    // Uploads that no job names and wake-ups that were cut short are left to housekeeping.
    [paths.stdin, /^(\d+|u\.[0-9a-f]{16})$/],
    [paths.stdout, /^\d+$/],
    [paths.stderr, /^\d+$/],
    [paths.data, /^\d+$/],
    [paths.lease, /^(p\..+|g\.\d+\.free)$/],
    [paths.wake, /^(work|ends)$/],
    [paths.wakeWork, WAKE_NAME],
    [paths.wakeEnds, WAKE_NAME],
  ];
  const unknown = known.flatMap(([directory, pattern]) =>
    readdirSync(directory)
      .filter((name) => !pattern.test(name))
      .map((name) => join(directory, name)),
  );
  const lease = parseEntries(readdirSync(paths.lease));
  const old = lease.generations.filter(({ generation }) => generation < lease.maximum);
  return [...unknown, ...old.map(({ name }) => name), ...lease.participants.filter(isOwnerGone)];
}

/** The highest generation in the lease directory, by its names alone. */
export function highestGeneration(directory: string): number {
  return readdirSync(queuePaths(directory).lease).reduce((highest, name) => {
    const number = /^g\.(\d+)\./.exec(name)?.[1];
    return Math.max(highest, Number(number ?? 0));
  }, 0);
}
