/** Every state a job can be in. The schema repeats the list as a CHECK; a test compares the two. */
export const JOB_STATES = ['pending', 'holding', 'waiting', 'running', 'finished', 'dead'] as const;
export type JobState = (typeof JOB_STATES)[number];

/**
 * The arrows. The schema repeats them as a trigger; a test compares the two.
 *
 * finished and dead are left only by resubmit and retry, and dead -> finished by the late, true
 * result of the same attempt.
 */
export const NEXT_STATES: Readonly<Record<JobState, readonly JobState[]>> = {
  pending: ['holding', 'waiting', 'running', 'dead'],
  holding: ['pending', 'waiting', 'dead'],
  waiting: ['pending', 'holding', 'dead'],
  running: ['finished', 'dead', 'pending', 'waiting'],
  finished: ['pending', 'holding', 'waiting'],
  dead: ['pending', 'holding', 'waiting', 'finished'],
};

export function isJobState(word: string): word is JobState {
  return (JOB_STATES as readonly string[]).includes(word);
}

export function canBecome(from: JobState, to: JobState): boolean {
  return NEXT_STATES[from].includes(to);
}
