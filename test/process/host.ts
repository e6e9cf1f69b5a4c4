import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Job } from '../../src/domain/job.js';
import { localDirectory } from '../../src/host/local-directory.js';
import { isProcessGone, readProcessStat } from '../../src/host/process.js';
import { shortHostName } from '../../src/host/identity.js';
import { placeAt, readFeeder, type NodePlace } from '../../src/feeder/node-place.js';
import { createQueue } from '../../src/queue/create.js';
import { openQueue } from '../../src/queue/open.js';
import type { Queue } from '../../src/queue/queue.js';
import { readJob } from '../../src/queue/select.js';
import { describe, kill, processesNaming, readText } from './processes.js';

export { kill, readText };

/** The sources: compiled tests lie two directories deep in a build directory. */
export const ROOT = new URL('../../../', import.meta.url).pathname;
/** Another installation may be tested with the same tests. */
export const RQ = process.env['RQ_TEST_BIN'] ?? join(ROOT, 'bin/rq');
/** Only ends a test that has failed; a loaded machine must not. */
const WAIT_MS_MAX = 90_000;
/** Scaled down, so that what waits for a period does not wait long. */
export const SHORT_TIMES = {
  lease_ttl_ms: 6_000,
  lease_beat_ms: 500,
  lease_self_limit_ms: 4_000,
  idle_poll_ms: 100,
  full_tick_ms: 1_000,
  stop_grace_ms: 500,
} as const;

export interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of rq that goes on. */
export interface Going {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

export interface GoOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** Waits for a state, never for a time. */
export async function until<T>(
  what: string,
  look: () => T | null | undefined | false,
  limitMs = WAIT_MS_MAX,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited too long for: ${what}`);
    await sleep(20);
  }
}

/**
 * A host of its own for one test: home, host-local directory, a queue, and real `bin/rq` processes.
 * At the end every process that came of it is ended by its pid, whoever started it.
 */
export class Host {
  readonly base: string;
  readonly home: string;
  readonly local: string;
  readonly directory: string;
  #queue: Queue | null = null;

  constructor(t: Pick<ExecutionContext, 'teardown'>) {
    // Short: a socket's path has 107 bytes.
    this.base = mkdtempSync(join(tmpdir(), 'rq-'));
    this.home = join(this.base, 'home');
    this.local = join(this.base, 'l');
    this.directory = join(this.base, "q it's");
    mkdirSync(this.home);
    mkdirSync(this.local);
    t.teardown(() => this.#end());
  }

  /** Made at the first use. Only for looking and submitting: the processes under test do the rest. */
  get queue(): Queue {
    this.#queue ??= this.create();
    return this.#queue;
  }

  create(settings: Readonly<Record<string, number>> = {}): Queue {
    this.#queue = createQueue(this.directory, { settings: { ...SHORT_TIMES, ...settings } });
    return this.#queue;
  }

  /** Opened anew: after the queue was moved or made by rq itself. */
  open(): Queue {
    this.#queue = openQueue(this.directory);
    return this.#queue;
  }

  env(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(
      // Node parses the whole bundle of certificates at every start.
      ([name]) => !/^(RQ|RQ_.*|NODE_EXTRA_CA_CERTS|NODE_OPTIONS)$/.test(name),
    );
    return { ...Object.fromEntries(own), HOME: this.home, RQ_LOCAL: this.local, ...more };
  }

  /** `rq QUEUE WORDS...` as a program and its arguments. */
  words(words: readonly string[]): string[] {
    return [process.execPath, RQ, this.directory, ...words];
  }

  /** `rq QUEUE WORDS...`, in the background. */
  go(words: readonly string[], options: GoOptions = {}): Going {
    return this.run(process.execPath, [RQ, this.directory, ...words], options);
  }

  /** Any program, with this host's environment. */
  run(program: string, words: readonly string[], options: GoOptions = {}): Going {
    const child = spawn(program, words, {
      cwd: options.cwd ?? this.base,
      env: this.env(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // It may be killed before it has read its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const ended = new Promise<Ran>((resolve, reject) => {
      child.on('error', reject);
      // Not `close`: a daemon may keep the pipes of the command that started it.
      child.on('exit', (status, signal) => {
        setImmediate(() => resolve({ status, signal, stdout, stderr }));
      });
    });
    return { pid: child.pid ?? 0, child, ended };
  }

  /** `rq QUEUE WORDS...` to its end. */
  rq(words: readonly string[], options: GoOptions = {}): Promise<Ran> {
    return this.go(words, options).ended;
  }

  place(node: string = shortHostName()): NodePlace {
    const { dev, ino } = statSync(this.directory);
    const { uuid } = this.queue;
    const base = this.local;
    const params = { uuid, directoryDev: dev, directoryIno: ino, node, base };
    return placeAt(node, localDirectory(params));
  }

  feederPid(node?: string): number | null {
    return readFeeder(this.place(node))?.pid ?? null;
  }

  /** The runners of this host: of one node, or all. */
  runners(node?: string): number[] {
    const where = node === undefined ? this.local : this.place(node).directory;
    return this.processes().filter((pid) => {
      const words = readText(`/proc/${pid}/cmdline`);
      return words.includes('runner-main') && words.includes(where);
    });
  }

  job(jid: number): Job {
    const job = readJob(this.queue, jid);
    if (job === null) throw new Error(`no job ${jid}`);
    return job;
  }

  async inState(jid: number, ...states: readonly Job['state'][]): Promise<Job> {
    return until(`job ${jid} ${states.join(' or ')}`, () => {
      const job = this.job(jid);
      return states.includes(job.state) ? job : null;
    });
  }

  output(jid: number): string {
    return readText(join(this.directory, 'stdout', String(jid)));
  }

  errors(jid: number): string {
    return readText(join(this.directory, 'stderr', String(jid)));
  }

  /** Every process that came of this host: all name its base in their arguments or environment. */
  processes(): number[] {
    return processesNaming(this.base);
  }

  async nothingLeft(limitMs = WAIT_MS_MAX): Promise<void> {
    const what = `the end of ${describe(this.processes())}`;
    await until(what, () => this.processes().length === 0, limitMs);
  }

  async #end(): Promise<void> {
    this.#queue?.close();
    // A runner may start a feeder and a feeder a runner while they are ended.
    for (let round = 0; round < 100 && this.processes().length > 0; round += 1) {
      for (const pid of this.processes()) kill(pid);
      await sleep(20);
    }
    await this.nothingLeft();
    rmSync(this.base, { recursive: true, force: true });
  }
}

export async function untilGone(pid: number): Promise<void> {
  const start = readProcessStat(pid)?.startTicks;
  if (start !== undefined) await until(`the end of ${pid}`, () => isProcessGone(pid, start));
}
