import { deepStrictEqual, strictEqual } from 'node:assert';
import * as fc from 'fast-check';
import { reconcile } from '../../src/feeder/reconcile.js';
import { tick, type Settlement } from '../../src/feeder/tick.js';
import { runningAttempts } from '../../src/queue/nodes.js';
import type { Queue } from '../../src/queue/queue.js';
import type { Ending as RunnerEnding } from '../../src/runner/protocol.js';
import { claim, ending, settle } from './make-queue.js';
import {
  command,
  NODES,
  settleInModel,
  signOn,
  type Ending,
  type Model,
  type ModelAttempt,
} from './model.js';

export const claiming = fc
  .record({ node: fc.nat(NODES - 1), shells: fc.integer({ min: 1, max: 4 }) })
  .map(({ node, shells }) =>
    command(`claim ${shells} for n${node}`, async (model, { queue, nodes }) => {
      const by = nodes[node];
      if (by === undefined) return;
      const expected = [...model.jobs.values()]
        .filter(({ state }) => state === 'pending')
        .toSorted((a, b) => b.priority - a.priority || a.jid - b.jid)
        .slice(0, shells);
      for (const job of expected) {
        job.state = 'running';
        job.attempt += 1;
      }
      const claimed = await claim(queue, by, shells);
      deepStrictEqual(
        claimed.map(({ jid, attempt }) => ({ jid, attempt })),
        expected.map(({ jid, attempt }) => ({ jid, attempt })),
      );
      for (const { jid, attempt, token } of claimed) {
        const fresh = { outcome: 'running', shell: 'armed', exitStatus: 0 } as const;
        model.attempts.push({ jid, attempt, token, node, ...fresh });
      }
    }),
  );

/** The go reaches the shells that a node has claimed for. */
export const going = fc.nat(NODES - 1).map((node) =>
  command(`go on n${node}`, async (model) => {
    for (const attempt of shellsOf(model, node, 'armed')) attempt.shell = 'running';
  }),
);

/** A job comes to its end; its feeder may not have heard yet. */
export const exiting = fc
  .record({ which: fc.nat(), exitStatus: fc.nat(3) })
  .map(({ which, exitStatus }) =>
    command(`exit ${exitStatus} of ${which}`, async (model) => {
      const running = model.attempts.filter(({ shell }) => shell === 'running');
      const attempt = running[which % Math.max(1, running.length)];
      if (attempt === undefined) return;
      attempt.shell = 'ended';
      attempt.exitStatus = exitStatus;
    }),
  );

/** A report for any attempt there ever was, true or not, early or late, once or again. */
export const settling = fc
  .record({
    which: fc.nat(),
    outcome: fc.constantFrom<Ending>('ended', 'unrun', 'lost', 'stopped'),
    result: fc.constantFrom(
      { exitStatus: 0, signal: null },
      { exitStatus: 3, signal: null },
      { exitStatus: null, signal: 'SIGTERM' },
    ),
  })
  .map(({ which, outcome, result }) =>
    command(`settle ${which} as ${outcome} ${JSON.stringify(result)}`, async (model, { queue }) => {
      const attempt = model.attempts[which % Math.max(1, model.attempts.length)];
      if (attempt === undefined) {
        strictEqual((await settle(queue, 'ffffffffffffffff')).settled, false);
        return;
      }
      const expected = settleInModel(model, attempt, outcome, result);
      const { settled } = await settle(queue, attempt.token, { outcome, ...result });
      strictEqual(settled, expected);
    }),
  );

/** The user's stop: what runs is ended by TERM. */
export const stopping = fc.nat(NODES - 1).map((node) =>
  command(`stop n${node}`, async (model, { queue, nodes }) => {
    const by = nodes[node];
    const result = { exitStatus: null, signal: 'SIGTERM' };
    const settlements: Settlement[] = [];
    for (const attempt of shellsOf(model, node, 'running')) {
      settlements.push({ ending: reportOf(attempt.token, result), stopped: true });
      settleInModel(model, attempt, 'stopped', result);
      attempt.shell = 'gone';
    }
    if (by !== undefined && settlements.length > 0) await settleAll(queue, by, settlements);
  }),
);

/**
 * A feeder died and another one takes the node over: what never got its go is unrun, what runs goes on,
 * what ended is settled. `wiped`: the spool is gone with all that was known in it.
 */
export const takingOver = fc
  .record({ node: fc.nat(NODES - 1), wiped: fc.boolean() })
  .map(({ node, wiped }) =>
    command(`take over n${node}${wiped ? ', its spool wiped' : ''}`, async (model, real) => {
      const before = real.nodes[node];
      if (before === undefined) return;
      const spool = wiped ? `${before.spool}+` : (before.spool ?? '');
      const by = await signOn(real.queue, node, spool);
      real.nodes[node] = by;
      if (wiped) for (const shell of shellsOf(model, node)) shell.shell = 'gone';
      const told = {
        spool,
        running: shellsOf(model, node, 'running').map(armedShell),
        endings: endingsOf(model, node),
      };
      const attempts = real.queue.read((db) => runningAttempts(db, by.id));
      const { settlements, running, strays } = reconcile(attempts, told);
      deepStrictEqual(tokens(running), tokens(shellsOf(model, node, 'running').filter(isOpen)));
      deepStrictEqual(
        strays.toSorted(),
        tokens(shellsOf(model, node, 'running').filter((attempt) => !isOpen(attempt))),
      );
      takeOverInModel(model, node, wiped);
      if (settlements.length > 0) await settleAll(real.queue, by, settlements);
    }),
  );

function isOpen({ outcome }: ModelAttempt): boolean {
  return outcome === 'running';
}

function tokens(list: readonly { readonly token: string }[]): string[] {
  return list.map(({ token }) => token).toSorted();
}

function takeOverInModel(model: Model, node: number, wiped: boolean): void {
  for (const attempt of shellsOf(model, node, 'ended')) {
    settleInModel(model, attempt, 'ended', { exitStatus: attempt.exitStatus, signal: null });
    attempt.shell = 'gone';
  }
  for (const attempt of model.attempts.filter((known) => known.node === node)) {
    if (attempt.shell === 'running') {
      // A stray: the queue has gone on without it, so it was killed.
      if (attempt.outcome !== 'running') attempt.shell = 'gone';
      continue;
    }
    if (attempt.outcome === 'running') {
      settleInModel(model, attempt, wiped ? 'lost' : 'unrun', { exitStatus: null, signal: null });
    }
    attempt.shell = 'gone';
  }
}

function endingsOf(model: Model, node: number): RunnerEnding[] {
  return shellsOf(model, node, 'ended').map(({ token, exitStatus }) =>
    reportOf(token, { exitStatus, signal: null }),
  );
}

function shellsOf(model: Model, node: number, shell?: ModelAttempt['shell']): ModelAttempt[] {
  return model.attempts.filter(
    (attempt) => attempt.node === node && (shell === undefined || attempt.shell === shell),
  );
}

function armedShell({ token }: ModelAttempt): { token: string; pid: number; pidStart: number } {
  return { token, pid: 2, pidStart: 0 };
}

function reportOf(
  token: string,
  result: { exitStatus: number | null; signal: string | null },
): RunnerEnding {
  return { ...ending(token, result), outcome: 'ended' };
}

async function settleAll(
  queue: Queue,
  node: Parameters<typeof tick>[1]['node'],
  settlements: readonly Settlement[],
): Promise<void> {
  await tick(queue, { node, settlements, shells: [], anyUser: false });
}
