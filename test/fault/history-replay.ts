import * as v from 'valibot';
import { canBecome, JOB_STATES, type JobState } from '../../src/domain/state.js';
import type { EventOfHistory, History } from './history.js';

/** The part of an event's `before` and `after` that the replay needs. */
const Fields = v.nullable(
  v.object({ state: v.optional(v.picklist(JOB_STATES)), attempt: v.optional(v.number()) }),
);
const FieldsText = v.pipe(v.string(), v.parseJson(), Fields);

/** A job as far as its events tell. */
interface Replayed {
  /** Null: submitted, pending or holding. */
  state: JobState | null;
  attempt: number;
  deleted: boolean;
}

const NEW_STATES: readonly JobState[] = ['pending', 'holding', 'waiting'];

/**
 * Plays the events again: each must start from the state the last one left, go along a legal arrow,
 * count attempts up by one at each claim and settle only what is claimed; at the end the jobs must be as the events left them.
 */
export function replayEvents(history: History): string[] {
  const wrong: string[] = [];
  const jobs = new Map<number, Replayed>();
  let at = '';
  for (const event of history.events) {
    if (event.at < at) wrong.push(`event ${event.id} is older than the one before it`);
    at = event.at;
    if (event.operation === 'submit') {
      for (let jid = event.jid ?? 0; jid <= (event.jid_last ?? 0); jid += 1) {
        if (jobs.has(jid)) wrong.push(`job ${jid} was submitted twice`);
        jobs.set(jid, { state: null, attempt: 0, deleted: false });
      }
      continue;
    }
    if (event.jid === null) continue;
    const job = jobs.get(event.jid);
    if (job === undefined || job.deleted) {
      wrong.push(`event ${event.id}: ${event.operation} of job ${event.jid}, which is not there`);
      continue;
    }
    wrong.push(...step(job, event).map((what) => `event ${event.id}: job ${event.jid} ${what}`));
  }
  return [...wrong, ...compare(jobs, history)];
}

function step(job: Replayed, event: EventOfHistory): string[] {
  const wrong: string[] = [];
  const before = read(event.before);
  const after = read(event.after);
  const from = job.state ?? before?.state ?? 'pending';
  if (job.state === null && !NEW_STATES.includes(from)) wrong.push(`was new and ${from}`);
  if (before?.state !== undefined && before.state !== from) {
    wrong.push(`was ${from} and ${event.operation} says ${before.state}`);
  }
  if (before?.attempt !== undefined && before.attempt !== job.attempt) {
    wrong.push(`was at attempt ${job.attempt} and ${event.operation} says ${before.attempt}`);
  }
  const to = after?.state ?? from;
  if (to !== from && !canBecome(from, to)) wrong.push(`went from ${from} to ${to}`);
  wrong.push(...attemptStep(job.attempt, after?.attempt ?? job.attempt, event));
  if (isEnding(event) && from !== 'running' && !(from === 'dead' && to === 'finished')) {
    wrong.push(`was ${from} and was settled`);
  }
  job.state = to;
  job.attempt = after?.attempt ?? job.attempt;
  job.deleted = event.operation === 'delete';
  return wrong;
}

/** Only a claim begins an attempt, and each exactly one. */
function attemptStep(from: number, to: number, { operation }: EventOfHistory): string[] {
  if (to === from + (operation === 'claim' ? 1 : 0)) return [];
  return [`went from attempt ${from} to ${to} by ${operation}`];
}

function isEnding({ operation }: EventOfHistory): boolean {
  return ['settle', 'no-go', 'rescue'].includes(operation);
}

function compare(replayed: ReadonlyMap<number, Replayed>, { jobs, trash }: History): string[] {
  const wrong: string[] = [];
  for (const { jid, state, attempt } of jobs) {
    const job = replayed.get(jid);
    if (job === undefined || job.deleted) {
      wrong.push(`job ${jid} is in the queue, by its events it is not`);
      continue;
    }
    const isSame = job.state === null ? NEW_STATES.includes(state) : job.state === state;
    if (!isSame || job.attempt !== attempt) {
      const told = `${job.state ?? 'new'} at attempt ${job.attempt}`;
      wrong.push(`job ${jid} is ${state} at attempt ${attempt}, by its events ${told}`);
    }
  }
  for (const jid of trash) {
    if (replayed.get(jid)?.deleted !== true) wrong.push(`job ${jid} is in the trash undeleted`);
  }
  return wrong;
}

function read(text: string | null): v.InferOutput<typeof Fields> {
  return text === null ? null : v.parse(FieldsText, text);
}
