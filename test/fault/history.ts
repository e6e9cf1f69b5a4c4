import type { Queue } from '../../src/queue/queue.js';
import type { JobState } from '../../src/domain/state.js';
import { replayEvents } from './history-replay.js';

/** What a job itself wrote when it started and when it ended. */
export interface JobRecord {
  readonly kind: 'start' | 'end';
  readonly jid: number;
  readonly attempt: number;
  /** Seconds of /proc/uptime: all nodes of a test are on one host. */
  readonly uptimeS: number;
  readonly token: string;
}

export interface JobOfHistory {
  readonly jid: number;
  readonly state: JobState;
  readonly attempt: number;
  readonly restartable: number;
  readonly exit_status: number | null;
  readonly signal: string | null;
}

export interface AttemptOfHistory {
  readonly jid: number;
  readonly attempt: number;
  readonly token: string;
  readonly outcome: string;
  readonly exit_status: number | null;
  readonly signal: string | null;
}

export interface EventOfHistory {
  readonly id: number;
  readonly at: string;
  readonly operation: string;
  readonly jid: number | null;
  readonly jid_last: number | null;
  readonly before: string | null;
  readonly after: string | null;
}

export interface CommitOfHistory {
  readonly generation: number;
  readonly token: string;
  readonly at: string;
  readonly operation: string;
}

/** Everything that is known of a queue afterwards: its own tables, and what others saw of it. */
export interface History {
  readonly generation: number;
  /** The highest jid ever given. */
  readonly lastJid: number;
  readonly jobs: readonly JobOfHistory[];
  readonly trash: readonly number[];
  readonly attempts: readonly AttemptOfHistory[];
  readonly events: readonly EventOfHistory[];
  /** In the order in which they were inserted. */
  readonly commits: readonly CommitOfHistory[];
  /** In the order of the jobs' file. */
  readonly records: readonly JobRecord[];
  /** Jids whose submitter was told that they are in the queue. */
  readonly acknowledged: readonly number[];
  /** Generations as one observer saw them, one after another. */
  readonly generationsSeen: readonly number[];
}

/** What the tables do not know; what a test has not got may be left out. */
export type Witnesses = Partial<Pick<History, 'records' | 'acknowledged' | 'generationsSeen'>>;

/** Reads the tables of a queue as one picture, and puts what others saw beside them. */
export function readHistory(queue: Queue, witnesses: Witnesses = {}): History {
  return queue.read((db) => {
    const all = <Row>(sql: string): Row[] => db.prepare<[], Row>(sql).all();
    const one = (sql: string): number => db.prepare<[], number>(sql).pluck().get() ?? 0;
    return {
      generation: one('select generation from meta'),
      lastJid: one(`select seq from sqlite_sequence where name = 'jobs'`),
      jobs: all<JobOfHistory>(
        'select jid, state, attempt, restartable, exit_status, signal from jobs order by jid',
      ),
      trash: db.prepare<[], number>('select jid from trash').pluck().all(),
      attempts: all<AttemptOfHistory>(
        'select jid, attempt, token, outcome, exit_status, signal from attempts order by jid, attempt',
      ),
      events: all<EventOfHistory>(
        'select id, at, operation, jid, jid_last, before, after from events order by id',
      ),
      commits: all<CommitOfHistory>('select generation, token, at, operation from commits'),
      records: [],
      acknowledged: [],
      generationsSeen: [],
      ...witnesses,
    };
  });
}

/**
 * What must hold of any history, whoever was killed, stopped or cut off in it; a line for each thing
 * that does not. An empty list: nothing was lost, nothing ran twice.
 */
export function checkHistory(history: History): string[] {
  return [
    ...checkRecords(history),
    ...checkAttempts(history),
    ...replayEvents(history),
    ...checkCommits(history),
    ...checkPresence(history),
  ];
}

/** The jobs' own word: no attempt starts twice, and no job has two at a time. */
function checkRecords({ records, attempts }: History): string[] {
  const wrong: string[] = [];
  const claimed = new Map(attempts.map((row) => [row.token, row]));
  const started = new Set<string>();
  const open = new Map<number, JobRecord>();
  const lastEnd = new Map<number, number>();
  for (const record of records) {
    const { kind, jid, attempt, uptimeS, token } = record;
    const name = `attempt ${attempt} of job ${jid}`;
    const row = claimed.get(token);
    if (row === undefined) wrong.push(`${name} ran under a token that was never claimed`);
    else if (row.jid !== jid || row.attempt !== attempt) {
      wrong.push(`${name} ran with the token of attempt ${row.attempt} of job ${row.jid}`);
    } else if (row.outcome === 'no-go') wrong.push(`${name} ran and is recorded as never run`);
    const other = open.get(jid);
    if (kind === 'start') {
      if (started.has(`${jid}.${attempt}`)) wrong.push(`${name} started twice`);
      if (other !== undefined) wrong.push(`${name} started while attempt ${other.attempt} ran`);
      if (uptimeS < (lastEnd.get(jid) ?? 0))
        wrong.push(`${name} started before the last one ended`);
      started.add(`${jid}.${attempt}`);
      open.set(jid, record);
    } else {
      if (other?.attempt !== attempt) wrong.push(`${name} ended and had not started`);
      open.delete(jid);
      lastEnd.set(jid, uptimeS);
    }
  }
  return wrong;
}

/** The queue's book of attempts: numbered without a gap, at most one open, and the last one is the job's. */
function checkAttempts({ attempts, jobs }: History): string[] {
  const wrong: string[] = [];
  const byJid = groupByJid(attempts);
  const tokens = new Set(attempts.map(({ token }) => token));
  if (tokens.size !== attempts.length) wrong.push('two attempts have one token');
  for (const job of jobs) {
    const rows = byJid.get(job.jid) ?? [];
    if (rows.length !== job.attempt || rows.some(({ attempt }, index) => attempt !== index + 1)) {
      wrong.push(`job ${job.jid} is at attempt ${job.attempt} and has rows of ${rows.length}`);
    }
    const open = rows.filter(({ outcome }) => outcome === 'running');
    const isRunning = job.state === 'running';
    if (open.length !== (isRunning ? 1 : 0) || (isRunning && rows.at(-1) !== open[0])) {
      wrong.push(`job ${job.jid} is ${job.state} and has ${open.length} open attempts`);
    }
    wrong.push(...checkResult(job, rows.at(-1)));
  }
  return wrong;
}

/** A result comes from the attempt that the job still has, and from nowhere else. */
function checkResult(job: JobOfHistory, last: AttemptOfHistory | undefined): string[] {
  if (job.state !== 'finished') return [];
  if (last === undefined || !['finished', 'stopped'].includes(last.outcome)) {
    return [`job ${job.jid} is finished, its last attempt is ${last?.outcome ?? 'missing'}`];
  }
  if (last.exit_status === job.exit_status && last.signal === job.signal) return [];
  return [`job ${job.jid} has another result than its last attempt`];
}

/** Generations only rise, and with them the queue's clock. */
function checkCommits({ commits, generation, generationsSeen }: History): string[] {
  const wrong: string[] = [];
  for (const [index, commit] of commits.entries()) {
    const before = commits[index - 1];
    if (before === undefined) continue;
    if (commit.generation <= before.generation) {
      wrong.push(`generation ${commit.generation} was committed after ${before.generation}`);
    }
    if (commit.at < before.at) wrong.push(`the queue clock ran back at ${commit.generation}`);
  }
  if (new Set(commits.map(({ token }) => token)).size !== commits.length) {
    wrong.push('two commits have one token');
  }
  const last = commits.at(-1)?.generation ?? generation;
  if (last !== generation) wrong.push(`the last commit is ${last}, the queue is at ${generation}`);
  for (const [index, seen] of generationsSeen.entries()) {
    const before = generationsSeen[index - 1] ?? 0;
    if (seen < before) wrong.push(`generation ${seen} was seen after ${before}`);
  }
  return wrong;
}

/** What was acknowledged is there, and the totals add up. */
function checkPresence({ acknowledged, jobs, trash, events, lastJid }: History): string[] {
  const wrong: string[] = [];
  const there = new Set([...jobs.map(({ jid }) => jid), ...trash]);
  for (const jid of acknowledged) {
    if (!there.has(jid)) wrong.push(`job ${jid} was acknowledged and is not in the queue`);
  }
  if (new Set(acknowledged).size !== acknowledged.length) {
    wrong.push('one jid was acknowledged twice');
  }
  const submitted = events.filter(({ operation }) => operation === 'submit');
  let next = 1;
  for (const { jid, jid_last } of submitted) {
    if (jid !== next) wrong.push(`jobs ${next} to ${jid} were never submitted, or twice`);
    next = (jid_last ?? 0) + 1;
  }
  if (next !== lastJid + 1) wrong.push(`submits end at ${next - 1}, jids at ${lastJid}`);
  if (there.size !== lastJid) wrong.push(`${lastJid} jobs were submitted, ${there.size} are there`);
  return wrong;
}

/** The rows of each job, in their order. */
export function groupByJid<Row extends { readonly jid: number }>(
  rows: readonly Row[],
): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.jid);
    if (group === undefined) groups.set(row.jid, [row]);
    else group.push(row);
  }
  return groups;
}
