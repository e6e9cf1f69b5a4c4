import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { readProcessStat } from '../host/process.js';

/** Room for a signal's name in the language of the user; written in place. */
const ERRORS_BYTES = 4096;

export interface SlotParams {
  readonly number: number;
  /** A POSIX sh: dash or bash. */
  readonly shell: string;
  readonly scriptFile: string;
  readonly spoolDirectory: string;
  /** Where the slot shell's own messages go; one file a slot. */
  readonly errorsFile: string;
  readonly setsid: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface SlotListener {
  /** The armed shell `pid` waits for its go. */
  onArmed(slot: Slot, token: string, pid: number): void;
  /** What the slot shell armed is gone and reaped, and its status is written, if it can be. */
  onEnded(slot: Slot, token: string, code: number, note: boolean): void;
  /** The slot shell is gone. Its job, if any, may live on. */
  onGone(slot: Slot): void;
}

/** One persistent slot shell. Node forks once for it; it forks for every job. */
export class Slot {
  readonly number: number;
  readonly pid: number;
  readonly pidStart: number;
  /** What it is busy with, from `arm` until the end is reported. */
  token: string | null = null;
  readonly #child: ChildProcess;
  readonly #listener: SlotListener;
  #rest = '';

  constructor(params: SlotParams, listener: SlotListener) {
    this.number = params.number;
    this.#listener = listener;
    writeFileSync(params.errorsFile, '\n'.repeat(ERRORS_BYTES), { mode: 0o600 });
    const errors = openSync(params.errorsFile, 'r+');
    try {
      this.#child = spawn(
        params.shell,
        [params.scriptFile, params.spoolDirectory, params.errorsFile, params.setsid],
        // A session of its own: no signal to the runner's process group reaches a job.
        { argv0: 'sh', cwd: '/', detached: true, env: params.env, stdio: ['pipe', 'pipe', errors] },
      );
    } finally {
      closeSync(errors);
    }
    this.pid = this.#child.pid ?? 0;
    this.pidStart = (this.pid === 0 ? null : readProcessStat(this.pid)?.startTicks) ?? 0;
    this.#child.on('error', () => listener.onGone(this));
    this.#child.on('exit', () => {
      // Whoever the shell left behind must see the end of the pipe: an armed shell then leaves unrun.
      this.#child.stdin?.destroy();
      this.#child.stdout?.destroy();
      listener.onGone(this);
    });
    // It is gone: `exit` tells.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
  }

  arm(token: string): void {
    this.token = token;
    this.#write(`arm ${token}\n`);
  }

  go(token: string, deadlineCs: number): void {
    this.#write(`go ${token} ${deadlineCs} .\n`);
  }

  /** Lets the armed shell go unrun. */
  drop(): void {
    this.#write('drop\n');
  }

  /** Ends the slot shell, after the end of what it waits for. */
  close(): void {
    this.#child.stdin?.end();
  }

  /** For a slot shell that does not answer. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #write(line: string): void {
    this.#child.stdin?.write(line);
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [verb, token, value, note] = line.split(' ');
      if (token === undefined || token !== this.token) continue;
      if (verb === 'armed') this.#listener.onArmed(this, token, Number(value));
      if (verb === 'ended') {
        this.token = null;
        this.#listener.onEnded(this, token, Number(value), note === '1');
      }
    }
  }
}
