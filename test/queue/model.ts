import { deepStrictEqual } from 'node:assert';
import type * as fc from 'fast-check';
import type { JobState } from '../../src/domain/state.js';
import { bootId } from '../../src/host/identity.js';
import type { NodeRow } from '../../src/queue/nodes.js';
import type { Queue } from '../../src/queue/queue.js';
import { recount } from '../fault/recount.js';
import { makeNode, rows } from './make-queue.js';

/** A job as the model has it: what decides what may happen to it, and what became of it. */
export interface ModelJob {
  readonly jid: number;
  state: JobState;
  readonly priority: number;
  readonly restartable: boolean;
  attempt: number;
  exit_status: number | null;
  signal: string | null;
}

export interface ModelAttempt {
  readonly jid: number;
  readonly attempt: number;
  readonly token: string;
  readonly node: number;
  /** As the queue believes. */
  outcome: 'running' | 'finished' | 'no-go' | 'stopped' | 'lost';
  /** What its shell is in truth: `armed` is claimed without a go. */
  shell: 'armed' | 'running' | 'ended' | 'gone';
  /** How it ended, once it has. */
  exitStatus: number;
}

/** What a queue should be after some operations; without a file, a lease or a transaction. */
export interface Model {
  readonly jobs: Map<number, ModelJob>;
  readonly attempts: ModelAttempt[];
  readonly trash: number[];
  lastJid: number;
}

export function emptyModel(): Model {
  return { jobs: new Map(), attempts: [], trash: [], lastJid: 0 };
}

/** The real queue, and two nodes whose runners are only played. */
export interface Real {
  readonly queue: Queue;
  readonly nodes: NodeRow[];
}

export const NODES = 2;

export async function signOn(queue: Queue, node: number, spool: string): Promise<NodeRow> {
  return makeNode(queue, { name: `n${node}`, bootId: bootId(), spool });
}

export type Ending = 'ended' | 'unrun' | 'lost' | 'stopped';

/** What the queue must make of an ending; false: it is none of its business any more. */
export function settleInModel(
  model: Model,
  attempt: ModelAttempt,
  ending: Ending,
  result: { exitStatus: number | null; signal: string | null },
): boolean {
  const job = model.jobs.get(attempt.jid);
  if (job === undefined || job.attempt !== attempt.attempt) return false;
  const isLate = attempt.outcome === 'lost' && job.state === 'dead';
  const isResult = ending === 'ended' || ending === 'stopped';
  if (attempt.outcome !== 'running' && !(isLate && isResult)) return false;
  if (ending === 'unrun') {
    job.state = 'pending';
    attempt.outcome = 'no-go';
  } else if (ending === 'lost') {
    job.state = job.restartable ? 'pending' : 'dead';
    attempt.outcome = 'lost';
  } else if (ending === 'stopped' && job.restartable && !isLate) {
    job.state = 'pending';
    attempt.outcome = 'stopped';
  } else {
    job.state = 'finished';
    job.exit_status = result.exitStatus;
    job.signal = result.signal;
    attempt.outcome = ending === 'stopped' ? 'stopped' : 'finished';
  }
  return true;
}

interface JobView {
  readonly jid: number;
  readonly state: string;
  readonly attempt: number;
  readonly exit_status: number | null;
  readonly signal: string | null;
}

export type Command = fc.AsyncCommand<Model, Real>;

/** A command that runs `step` and then compares model and queue as a whole. */
export function command(name: string, step: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await step(model, real);
      compare(model, real);
    },
    toString: () => name,
  };
}

/** Compares all that both know; throws at the first difference. */
export function compare(model: Model, { queue }: Real): void {
  const jobs: JobView[] = [...model.jobs.values()].map(
    ({ jid, state, attempt, exit_status, signal }) => ({
      jid,
      state,
      attempt,
      exit_status,
      signal,
    }),
  );
  const read = 'select jid, state, attempt, exit_status, signal from jobs order by jid';
  deepStrictEqual(rows(queue, read), jobs);
  const attempts = model.attempts
    .map(({ jid, attempt, token, outcome }) => ({ jid, attempt, token, outcome }))
    .toSorted((a, b) => a.jid - b.jid || a.attempt - b.attempt);
  const readAttempts = 'select jid, attempt, token, outcome from attempts order by jid, attempt';
  deepStrictEqual(rows(queue, readAttempts), attempts);
  const trash = model.trash.toSorted((a, b) => a - b).map((jid) => ({ jid }));
  deepStrictEqual(rows(queue, 'select jid from trash order by jid'), trash);
  deepStrictEqual(...recount(queue));
}
