import { ROOT } from '../process/host.js';
import { join } from 'node:path';
import type { JobRecord } from './history.js';

/** What every job of the storm runs; it says itself how it will end. */
export const JOB_SCRIPT = join(ROOT, 'test/fault/fixtures/storm-job.sh');

const SIGNALS: Readonly<Record<number, string>> = { 3: 'SIGKILL', 7: 'SIGTERM', 11: 'SIGUSR1' };

/** How the job with this jid must end: the same sums as in the script. */
export function truthOf(jid: number): { exit_status: number | null; signal: string | null } {
  const signal = SIGNALS[jid % 13];
  return signal === undefined
    ? { exit_status: jid % 7, signal: null }
    : { exit_status: null, signal };
}

/**
 * One batch for `rq submit -`, as JSON lines: a third restartable, some exact arguments, some lines
 * for a plain shell, some for a login shell.
 */
export function batchOf(size: number, random: () => number, file: string): string {
  const lines = Array.from({ length: size }, () => {
    const restartable = random() < 1 / 3;
    const kind = random();
    const words = kind < 0.6 ? { argv: ['sh', JOB_SCRIPT, file] } : { command: lineOf(file) };
    const shell = kind < 0.9 ? { shell: 'sh' } : {};
    return JSON.stringify({ ...words, ...('argv' in words ? {} : shell), restartable });
  });
  return `${lines.join('\n')}\n`;
}

/** `.` takes no arguments in every shell, so they are set before. */
function lineOf(file: string): string {
  return `set -- '${file}'; . '${JOB_SCRIPT}'`;
}

/** The lines of the jobs' file, in its order. Throws when one is torn: a single append never is. */
export function parseRecords(text: string): JobRecord[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^(start|end) (\d+) (\d+) (\d+\.\d+) ([0-9a-f]{16}) \.$/.exec(line);
      if (match === null) throw new Error(`a torn record: ${JSON.stringify(line)}`);
      const [, kind, jid, attempt, up, token = ''] = match;
      return {
        kind: kind === 'start' ? 'start' : 'end',
        jid: Number(jid),
        attempt: Number(attempt),
        uptimeS: Number(up),
        token,
      };
    });
}
