import { isSameHost } from '../host/identity.js';
import {
  isProcessGone,
  processesWithToken,
  readProcessStat,
  sessionProcesses,
} from '../host/process.js';
import type { ShellRecord } from './spool-record.js';
import type { Spool } from './spool.js';

/** `armed`: alive, not started. `stray`: result lost, but some of its processes are still there. */
export type Verdict = 'armed' | 'running' | 'ended' | 'unrun' | 'lost' | 'stray';

/**
 * What became of an attempt that no slot of this runner watches: left by a dead runner, or its slot
 * shell was killed.
 *
 * `unrun` is a proof: the shell is gone and made no marker. `lost` too needs everything gone, the slot
 * shell as well, since it writes the status a moment after the job.
 */
export function judgeAttempt(spool: Spool, token: string, shell: ShellRecord): Verdict {
  const known = verdictOfStatus(spool, token);
  if (!isSameHost(shell)) {
    // After a power loss a missing marker proves nothing.
    return known === 'ended' ? 'ended' : 'lost';
  }
  if (known !== null) return known;
  const gone =
    isProcessGone(shell.pid, shell.pidStart) && isProcessGone(shell.slotPid, shell.slotStart);
  if (!gone) return spool.readMarker(token) === null ? 'armed' : 'running';
  // Now what they wrote is final: look once more.
  const final = verdictOfStatus(spool, token);
  if (final !== null) return final;
  if (spool.readMarker(token) === null) return 'unrun';
  return attemptProcesses(token, shell).length === 0 ? 'lost' : 'stray';
}

/** Every process of the attempt's session, and every one that carries its token. Never a slot shell. */
export function attemptProcesses(token: string, shell: ShellRecord): number[] {
  const found = new Set(processesWithToken(token));
  const leader = readProcessStat(shell.pid);
  // A pid is not given out again while its session has a process; with another start it is not ours.
  if (leader === null || leader.startTicks === shell.pidStart) {
    for (const pid of sessionProcesses(shell.pid)) found.add(pid);
  }
  // Between its go and setsid the job's shell is still in the slot's session.
  if (leader !== null && leader.startTicks === shell.pidStart) found.add(shell.pid);
  found.delete(shell.slotPid);
  found.delete(process.pid);
  // A zombie that nobody reaps is over.
  return [...found].filter((pid) => readProcessStat(pid)?.state !== 'Z');
}

/** Signals them all; for SIGKILL again until no new one appears, since a job may fork meanwhile. */
export function signalAttempt(token: string, shell: ShellRecord, signal: NodeJS.Signals): void {
  const done = new Set<number>();
  const rounds = signal === 'SIGKILL' ? 5 : 1;
  for (let round = 0; round < rounds; round += 1) {
    const fresh = attemptProcesses(token, shell).filter((pid) => !done.has(pid));
    if (fresh.length === 0) return;
    for (const pid of fresh) {
      done.add(pid);
      try {
        process.kill(pid, signal);
      } catch {
        // Gone meanwhile, or another user's by setuid.
      }
    }
  }
}

function verdictOfStatus(spool: Spool, token: string): Verdict | null {
  // The marker is older than the status: read after it, it is final.
  if (spool.readStatus(token) === null) return null;
  return spool.readMarker(token) === null ? 'unrun' : 'ended';
}
