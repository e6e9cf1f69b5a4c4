import { faultPoint } from '../fault.js';
import { claimJobs, type ClaimedJob } from '../queue/claim.js';
import type { NodeRow } from '../queue/nodes.js';
import type { Queue } from '../queue/queue.js';
import { settleAttempt, type AttemptEnding } from '../queue/settle.js';
import { bump } from '../queue/wake.js';
import type { ArmedShell, Ending } from '../runner/protocol.js';

/** An ending to record; `stopped`: the feeder itself ended the job on its user's order. */
export interface Settlement {
  readonly ending: Ending;
  readonly stopped: boolean;
}

export interface TickParams {
  readonly node: NodeRow;
  readonly settlements: readonly Settlement[];
  /** Shells that wait for a job; empty: claim nothing. */
  readonly shells: readonly ArmedShell[];
  readonly anyUser: boolean;
}

export interface TickResult {
  readonly claimed: readonly ClaimedJob[];
  /** Attempts whose ending the queue no longer wanted: superseded by a newer attempt. */
  readonly refused: readonly string[];
  readonly goUntilUptimeMs: number;
}

/**
 * One transaction: everything this node has to settle and everything it can claim. A transaction costs
 * about sixty round trips over NFS whether it carries one job or sixteen.
 */
export async function tick(queue: Queue, params: TickParams): Promise<TickResult> {
  const result = await queue.write('feed', (tx) => {
    const refused = params.settlements
      .filter((settlement) => !settleAttempt(tx, attemptEnding(settlement)).settled)
      .map(({ ending }) => ending.token);
    if (params.settlements.length > 0) tx.afterCommit(() => bump(queue.paths.wakeEnds));
    if (params.settlements.some(isBackInQueue)) tx.afterCommit(() => bump(queue.paths.wakeWork));
    const claimed =
      params.shells.length === 0
        ? []
        : claimJobs(tx, { node: params.node, shells: params.shells, anyUser: params.anyUser });
    return { claimed, refused, goUntilUptimeMs: tx.goUntilUptimeMs };
  });
  if (result.claimed.length > 0) faultPoint('jobs-claimed');
  if (params.settlements.length > 0) faultPoint('jobs-settled');
  return result;
}

function attemptEnding({ ending, stopped }: Settlement): AttemptEnding {
  return stopped && ending.outcome === 'ended' ? { ...ending, outcome: 'stopped' } : ending;
}

/** The job may be pending again, for any node. */
function isBackInQueue({ ending, stopped }: Settlement): boolean {
  return stopped || ending.outcome !== 'ended';
}
