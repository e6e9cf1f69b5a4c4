import { bootId } from '../host/identity.js';
import {
  isProcessGone,
  processesWithToken,
  readProcessStat,
  sessionProcesses,
} from '../host/process.js';
import { systemCode } from '../domain/error.js';
import type { RunningAttempt } from '../queue/nodes.js';
import type { Ending } from '../runner/protocol.js';
import type { RunnerClient } from '../runner/client.js';
import type { Settlement } from './tick.js';

export interface Reconciled {
  /** What can be settled now. */
  readonly settlements: Settlement[];
  /** Attempts of the queue that run on under the runner. */
  readonly running: RunningAttempt[];
  /** Runs whose attempt the queue no longer has: nobody wants their result. */
  readonly strays: string[];
}

const NOTHING_KNOWN = {
  exitStatus: null,
  signal: null,
  elapsedSeconds: null,
  cpuSeconds: null,
  maxRssKib: null,
} as const;

/**
 * Compares what the queue says this node runs with what the runner knows, after the runner has let go
 * every shell that was armed for an earlier feeder.
 *
 * *Never ran* wants proof: the same boot, the same spool as at the claim, the shell gone, and no trace
 * in the spool. Anything less is *lost*: the result cannot be known, and remnants are killed first.
 */
export function reconcile(
  attempts: readonly RunningAttempt[],
  runner: Pick<RunnerClient, 'running' | 'endings' | 'spool'>,
): Reconciled {
  const running = new Map(runner.running.map((shell) => [shell.token, shell]));
  const endings = new Map(runner.endings.map((ending) => [ending.token, ending]));
  const result: Reconciled = { settlements: [], running: [], strays: [] };
  for (const attempt of attempts) {
    const { token } = attempt;
    const ending = endings.get(token) ?? (running.has(token) ? null : judge(attempt, runner.spool));
    if (ending === null) result.running.push(attempt);
    else result.settlements.push({ ending, stopped: false });
    running.delete(token);
    endings.delete(token);
  }
  result.strays.push(...running.keys());
  result.settlements.push(...[...endings.values()].map((ending) => ({ ending, stopped: false })));
  return result;
}

function judge(attempt: RunningAttempt, spool: string): Ending {
  const { token, pid, pidStart } = attempt;
  if (attempt.bootId !== bootId()) return lost(token, 'the node was rebooted while the job ran');
  if (attempt.spool === spool && isProcessGone(pid, pidStart)) {
    return { token, outcome: 'unrun', ...NOTHING_KNOWN, reason: null };
  }
  killRemnants(attempt);
  return lost(token, 'runner and shell of the job were killed');
}

/** An attempt is over only when no process of its session and none carrying its token is left. */
function killRemnants({ token, pid, pidStart }: RunningAttempt): void {
  // While a process of the session lives, the kernel gives its number to nobody else.
  const leader = readProcessStat(pid);
  const isReused = leader !== null && leader.startTicks !== pidStart;
  const session = isReused ? [] : sessionProcesses(pid);
  for (const remnant of new Set([...session, ...processesWithToken(token)])) {
    try {
      process.kill(remnant, 'SIGKILL');
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error;
    }
  }
}

function lost(token: string, reason: string): Ending {
  return { token, outcome: 'lost', ...NOTHING_KNOWN, reason };
}
