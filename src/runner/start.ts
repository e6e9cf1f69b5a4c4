import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerEnvironment } from './environment.js';

export interface StartedRunner {
  /** Why it is gone already, or null. One that found another runner alive has not failed. */
  failure(): string | null;
  /** It was killed, or it found another runner alive, which may be on its way out: try again. */
  isToTryAgain(): boolean;
}

/** Starts a runner that outlives us: own session, no terminal. */
export function startRunner(localDirectory: string): StartedRunner {
  const errorsFile = join(localDirectory, 'runner.err');
  const errors = openSync(errorsFile, 'w', 0o600);
  let failure: string | null = null;
  let isToTryAgain = false;
  try {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('./runner-main.js', import.meta.url)), localDirectory],
      {
        cwd: '/',
        detached: true,
        env: runnerEnvironment(process.env),
        stdio: ['ignore', 'ignore', errors],
      },
    );
    child.on('error', (error) => (failure = error.message));
    child.on('exit', (code, signal) => {
      const said = lastLine(errorsFile);
      isToTryAgain = signal === 'SIGKILL' || said.includes('alive already');
      if (code !== 0 && !isToTryAgain) failure = `it ended with ${signal ?? code}: ${said}`;
    });
    child.unref();
    return { failure: () => failure, isToTryAgain: () => isToTryAgain };
  } finally {
    closeSync(errors);
  }
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '';
  } catch {
    return '';
  }
}
