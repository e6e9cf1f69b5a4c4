import type { AttemptResult, Job } from '../domain/job.js';
import { replaceJob } from './change.js';
import { recordChange } from './events.js';
import { NEVER_RUN } from './resubmit.js';
import type { StoredJob } from './row.js';
import { jobsOf } from './select.js';
import { statement } from './statement.js';
import type { WriteTransaction } from './transaction.js';

/**
 * How an attempt ended, as the runner tells it or its feeder knows it.
 *
 * `unrun`: proof that its command never started. `ended`: with a result. `lost`: over, but the result
 * cannot be known. `stopped`: with a result, because its feeder was told to stop.
 */
export interface AttemptEnding extends AttemptResult {
  readonly token: string;
  readonly outcome: 'unrun' | 'ended' | 'lost' | 'stopped';
}

/** `settled: false`: no attempt waits for this ending (any more); the caller may forget it. */
export type Settled =
  { readonly settled: true; readonly job: Job } | { readonly settled: false; readonly job: null };

type Outcome = 'running' | 'finished' | 'no-go' | 'stopped' | 'rescued' | 'lost';

interface AttemptRow {
  readonly jid: number;
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly claimed: string;
}

const NOT_SETTLED = { settled: false, job: null } as const;

const attemptOf = statement<{ token: string }, AttemptRow>(
  'select jid, attempt, outcome, claimed from attempts where token = :token',
);

/**
 * Records how an attempt ended and moves its job on. Nothing happens when the ending is known, the
 * token is unknown, or the job has gone on without this attempt: a late report never overwrites.
 *
 * A job that went dead because its result could not be known still takes the true one from the same
 * attempt, as long as nobody has submitted it again.
 */
export function settleAttempt(tx: WriteTransaction, ending: AttemptEnding): Settled {
  const attempt = attemptOf(tx.db).get({ token: ending.token });
  if (attempt === undefined) return NOT_SETTLED;
  const [before] = jobsOf(tx.db, [attempt.jid]);
  if (before === undefined || !isCurrent(attempt, before.job, ending)) return NOT_SETTLED;
  const { after, outcome } = settledJob(tx, before, ending);
  replaceJob(tx, before, after);
  closeAttempt(tx, attempt, outcome, ending);
  recordChange(tx, ending.outcome === 'unrun' ? 'no-go' : 'settle', before.job, after.job);
  return { settled: true, job: after.job };
}

function isCurrent(attempt: AttemptRow, job: Job, ending: AttemptEnding): boolean {
  if (job.attempt !== attempt.attempt) return false;
  if (attempt.outcome === 'running') return job.state === 'running';
  const isResult = ending.outcome === 'ended' || ending.outcome === 'stopped';
  const isUnknown = attempt.outcome === 'lost' || attempt.outcome === 'rescued';
  // Resubmitted and then dead for another reason, a job no longer has the start of this attempt.
  return isResult && isUnknown && job.state === 'dead' && job.started === attempt.claimed;
}

function settledJob(
  tx: WriteTransaction,
  before: StoredJob,
  ending: AttemptEnding,
): { after: StoredJob; outcome: Outcome } {
  const { job } = before;
  switch (ending.outcome) {
    case 'unrun': {
      const reason =
        ending.reason === null
          ? null
          : `attempt ${job.attempt} could not start on ${job.node ?? '?'}: ${ending.reason}`;
      // The inputs were perhaps never renamed: the upload name stays.
      return { after: again(before, before.upload, reason), outcome: 'no-go' };
    }
    case 'lost':
      return { after: lost(before, ending, tx.now), outcome: 'lost' };
    case 'ended':
      return { after: finished(before, ending, tx.now), outcome: 'finished' };
    case 'stopped':
      break;
  }
  if (job.restartable && job.state === 'running') {
    const reason = `attempt ${job.attempt} was stopped with its feeder on ${job.node ?? '?'}`;
    return { after: again(before, null, reason), outcome: 'stopped' };
  }
  const reason = ending.reason ?? `stopped with its feeder on ${job.node ?? '?'}`;
  return { after: finished(before, { ...ending, reason }, tx.now), outcome: 'stopped' };
}

function lost(before: StoredJob, ending: AttemptEnding, now: string): StoredJob {
  const { job } = before;
  const why =
    ending.reason ?? `attempt ${job.attempt} on ${job.node ?? '?'} is over and left no result`;
  const reason = `result-lost: ${why}`;
  if (job.restartable) return again(before, null, reason);
  return { ...before, upload: null, job: { ...job, state: 'dead', finished: now, reason } };
}

/** Pending again, with the attempt's number: the next claim counts on. */
function again(before: StoredJob, upload: string | null, reason: string | null): StoredJob {
  return { ...before, upload, job: { ...before.job, ...NEVER_RUN, state: 'pending', reason } };
}

function finished(before: StoredJob, ending: AttemptEnding, now: string): StoredJob {
  const job: Job = {
    ...before.job,
    state: 'finished',
    finished: now,
    // A death by signal has no exit status.
    exit_status: ending.signal === null ? ending.exitStatus : null,
    signal: ending.signal,
    elapsed: ending.elapsedSeconds,
    cpu: ending.cpuSeconds,
    max_rss: ending.maxRssKib,
    reason: ending.reason,
  };
  return { ...before, job, upload: null, presumed: false };
}

const updateAttempt = statement<
  {
    jid: number;
    attempt: number;
    expected: Outcome;
    outcome: Outcome;
    finished: string;
    exit_status: number | null;
    signal: string | null;
    elapsed: number | null;
    cpu: number | null;
    max_rss: number | null;
    reason: string | null;
  },
  never
>(`
  update attempts
  set    outcome = :outcome, finished = :finished, exit_status = :exit_status, signal = :signal,
         elapsed = :elapsed, cpu = :cpu, max_rss = :max_rss, reason = :reason
  where  jid = :jid and attempt = :attempt and outcome = :expected
`);

function closeAttempt(
  tx: WriteTransaction,
  { jid, attempt, outcome: expected }: AttemptRow,
  outcome: Outcome,
  ending: AttemptEnding,
): void {
  const { changes } = updateAttempt(tx.db).run({
    jid,
    attempt,
    expected,
    outcome,
    finished: tx.now,
    exit_status: ending.signal === null ? ending.exitStatus : null,
    signal: ending.signal,
    elapsed: ending.elapsedSeconds,
    cpu: ending.cpuSeconds,
    max_rss: ending.maxRssKib,
    reason: ending.reason,
  });
  if (changes !== 1)
    throw new Error(`attempt ${attempt} of job ${jid} changed inside a transaction`);
}
