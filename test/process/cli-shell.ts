import { spawn } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { Host, RQ } from './host.js';

export interface ShellResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A host on which lines of bash run in its directory, with `rq` as a command and the queue `q`
 * beside: what people and scripts type.
 */
export class Shell {
  readonly host: Host;

  constructor(t: Pick<ExecutionContext, 'teardown'>) {
    this.host = new Host(t);
  }

  /** The status is that of the last command of the last pipe, as in a script. */
  async sh(script: string, env: Readonly<Record<string, string>> = {}): Promise<ShellResult> {
    const child = spawn('bash', ['-c', `rq() { "$RQ_NODE" "$RQ_BIN" "$@"; }\n${script}`], {
      cwd: this.host.base,
      env: this.host.env({ RQ_NODE: process.execPath, RQ_BIN: RQ, ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, stdout, stderr }));
    });
  }

  /** stdout of a script that must succeed and say nothing on stderr. */
  async out(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.sh(script);
    if (status === 0 && stderr === '') return stdout;
    throw new Error(`${script}\nexit status ${status}\n${stderr}`);
  }
}

/** A shell with a fresh queue `q`. */
export async function shellWithQueue(t: Pick<ExecutionContext, 'teardown'>): Promise<Shell> {
  const shell = new Shell(t);
  await shell.out('rq q create -q --set idle_poll_ms=100');
  return shell;
}
