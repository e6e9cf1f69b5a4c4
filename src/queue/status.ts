import { JOB_STATES, type JobState } from '../domain/state.js';
import { formatDuration, formatTime } from '../domain/time.js';
import { peekHolder } from '../lock/lease.js';
import type { Connection } from '../sqlite.js';
import { serverTimeMs } from './clock.js';
import { readNodes, type NodeState } from './nodes.js';
import type { Queue } from './queue.js';
import { statement, valueStatement } from './statement.js';

/** Jid to duration: one entry. */
type JobDuration = Readonly<Record<string, string>>;

/** What `rq status` prints, with its keys in the order of printing. */
export interface QueueStatus {
  readonly jobs: Readonly<Record<JobState | 'total', number>>;
  /** Shortest and longest: pending, holding, waiting since submitted; running since started; ended: elapsed. */
  readonly temporal: Readonly<
    Partial<Record<JobState, { readonly min: JobDuration; readonly max: JobDuration }>>
  >;
  readonly performance: {
    readonly avg_time_per_job: string | null;
    readonly n_jobs_in_last_hrs: Readonly<Record<'1' | '12' | '24', number>>;
  };
  /** successes, failures (dead ones too), then one count for each entry asked for. */
  readonly exit_status: Readonly<Record<string, number>>;
  /** Exit status or signal to count of finished jobs. */
  readonly exit_codes: Readonly<Record<string, number>>;
  readonly nodes: Readonly<Record<string, NodeStatus>>;
  readonly tags: Readonly<Record<string, Readonly<Partial<Record<JobState, number>>>>>;
  readonly lease: {
    readonly host: string;
    readonly pid: number;
    readonly held_s: number | null;
  } | null;
}

export interface NodeStatus {
  readonly running: number;
  readonly slots: number;
  readonly state: NodeState;
}

export interface StatusOptions {
  /** Names for sets of exit statuses to count. */
  readonly exit?: Readonly<Record<string, readonly number[]>>;
}

const EXIT_DEFAULT = { ok: [42] };

/** The state of the queue from its counters and the ends of its indexes: never a scan. */
export function readStatus(queue: Queue, options: StatusOptions = {}): QueueStatus {
  const lease = peekHolder(queue.paths.lease);
  const serverMs = serverTimeMs(queue.paths.wake);
  return queue.read((db) => {
    const nowMs = Math.max(serverMs, Date.parse(queueTimeOf(db).get({}) ?? ''));
    const jobs = countStates(db);
    const exitCodes = countExits(db);
    return {
      jobs,
      temporal: readTemporal(db, nowMs),
      performance: readPerformance(db, nowMs),
      exit_status: summarizeExits(exitCodes, jobs, options.exit ?? EXIT_DEFAULT),
      exit_codes: exitCodes,
      nodes: summarizeNodes(db),
      tags: countTags(db),
      lease:
        lease === null
          ? null
          : {
              host: lease.host,
              pid: lease.pid,
              held_s: lease.heldMs === null ? null : lease.heldMs / 1000,
            },
    };
  });
}

const queueTimeOf = valueStatement<Record<string, never>, string>('select queue_time from meta');

interface Counter {
  readonly key: string;
  readonly state: string;
  readonly n: number;
  readonly total: number;
}

const countersOf = statement<{ kind: string }, Counter>(`
  select key, state, n, total from counters where kind = :kind and n <> 0 order by key, state
`);

function countStates(db: Connection): QueueStatus['jobs'] {
  const counts = new Map(
    countersOf(db)
      .all({ kind: 'state' })
      .map(({ key, n }) => [key, n]),
  );
  const count = (state: JobState): number => counts.get(state) ?? 0;
  return {
    pending: count('pending'),
    holding: count('holding'),
    waiting: count('waiting'),
    running: count('running'),
    finished: count('finished'),
    dead: count('dead'),
    total: JOB_STATES.reduce((sum, state) => sum + count(state), 0),
  };
}

interface Extreme {
  readonly jid: number;
  readonly value: string | number;
}

// SQLite uses a partial index only for a query that says the index's condition in the same words, and
// without statistics prefers jobs_by_state, which would sort all jobs of the state.
const UNSTARTED = `state = :state and state in ('pending', 'holding', 'waiting')`;
const RUNNING = `state = 'running' and :state = state`;
const ENDED = `state = :state and state in ('finished', 'dead') and elapsed is not null`;

/** The statements of `temporal`, shortest and longest, for each kind of duration. A test looks at their plans. */
export const TEMPORAL = {
  unstarted: [
    `select jid, submitted as value from jobs indexed by jobs_waiting where ${UNSTARTED} order by submitted desc limit 1`,
    `select jid, submitted as value from jobs indexed by jobs_waiting where ${UNSTARTED} order by submitted limit 1`,
  ],
  running: [
    `select jid, started as value from jobs indexed by jobs_started where ${RUNNING} order by started desc limit 1`,
    `select jid, started as value from jobs indexed by jobs_started where ${RUNNING} order by started limit 1`,
  ],
  ended: [
    `select jid, elapsed as value from jobs indexed by jobs_elapsed where ${ENDED} order by elapsed limit 1`,
    `select jid, elapsed as value from jobs indexed by jobs_elapsed where ${ENDED} order by elapsed desc limit 1`,
  ],
} as const;

type ExtremeStatement = ReturnType<typeof statement<{ state: JobState }, Extreme>>;
const extreme = (sql: string): ExtremeStatement => statement<{ state: JobState }, Extreme>(sql);
const EXTREMES = {
  unstarted: [extreme(TEMPORAL.unstarted[0]), extreme(TEMPORAL.unstarted[1])],
  running: [extreme(TEMPORAL.running[0]), extreme(TEMPORAL.running[1])],
  ended: [extreme(TEMPORAL.ended[0]), extreme(TEMPORAL.ended[1])],
} as const;

const KIND_OF_STATE: Readonly<Record<JobState, keyof typeof TEMPORAL>> = {
  pending: 'unstarted',
  holding: 'unstarted',
  waiting: 'unstarted',
  running: 'running',
  finished: 'ended',
  dead: 'ended',
};

function readTemporal(db: Connection, nowMs: number): QueueStatus['temporal'] {
  const entries = JOB_STATES.flatMap((state) => {
    const [shortest, longest] = EXTREMES[KIND_OF_STATE[state]];
    const [min, max] = [shortest(db).get({ state }), longest(db).get({ state })];
    if (min === undefined || max === undefined) return [];
    return [[state, { min: durationOf(min, nowMs), max: durationOf(max, nowMs) }] as const];
  });
  return Object.fromEntries(entries);
}

/** A number is seconds, a text the time since when. */
function durationOf({ jid, value }: Extreme, nowMs: number): JobDuration {
  const seconds = typeof value === 'number' ? value : (nowMs - Date.parse(value)) / 1000;
  return { [jid]: formatDuration(seconds) };
}

const finishedSince = valueStatement<{ minute: string }, number>(
  'select coalesce(sum(finished), 0) from minutes where minute > :minute',
);

function readPerformance(db: Connection, nowMs: number): QueueStatus['performance'] {
  const [elapsed] = countersOf(db).all({ kind: 'elapsed' });
  const finishedIn = (hours: number): number =>
    finishedSince(db).get({ minute: minuteOf(nowMs - hours * 3_600_000) }) ?? 0;
  return {
    avg_time_per_job: elapsed === undefined ? null : formatDuration(elapsed.total / elapsed.n),
    n_jobs_in_last_hrs: { 1: finishedIn(1), 12: finishedIn(12), 24: finishedIn(24) },
  };
}

/** The minute as the table `minutes` names it. */
export function minuteOf(epochMs: number): string {
  return formatTime(epochMs).slice(0, 16);
}

function countExits(db: Connection): QueueStatus['exit_codes'] {
  return Object.fromEntries(
    countersOf(db)
      .all({ kind: 'exit' })
      .map(({ key, n }) => [key, n]),
  );
}

function summarizeExits(
  codes: QueueStatus['exit_codes'],
  jobs: QueueStatus['jobs'],
  names: Readonly<Record<string, readonly number[]>>,
): QueueStatus['exit_status'] {
  const successes = codes['0'] ?? 0;
  const named = Object.entries(names).map(([name, statuses]): [string, number] => [
    name,
    statuses.reduce((sum, status) => sum + (codes[String(status)] ?? 0), 0),
  ]);
  return {
    successes,
    failures: jobs.finished - successes + jobs.dead,
    ...Object.fromEntries(named),
  };
}

/** Nodes of one name on several machines, or of several users, are shown as one. */
function summarizeNodes(db: Connection): QueueStatus['nodes'] {
  const nodes = new Map<string, NodeStatus>();
  for (const { name, slots, state } of readNodes(db)) {
    const known = nodes.get(name);
    const feeding = state === 'feeding' || known === undefined ? state : known.state;
    nodes.set(name, { running: 0, slots: slots + (known?.slots ?? 0), state: feeding });
  }
  for (const { key, n } of countersOf(db).all({ kind: 'node' })) {
    const node = nodes.get(key) ?? { slots: 0, state: 'stopped' };
    nodes.set(key, { running: n, slots: node.slots, state: node.state });
  }
  return Object.fromEntries(nodes);
}

function countTags(db: Connection): QueueStatus['tags'] {
  const tags = new Map<string, Map<string, number>>();
  for (const { key, state, n } of countersOf(db).all({ kind: 'tag' })) {
    const counts = tags.get(key) ?? new Map<string, number>();
    tags.set(key, counts.set(state, n));
  }
  return Object.fromEntries(
    [...tags].map(([tag, counts]) => [
      tag,
      Object.fromEntries(
        JOB_STATES.flatMap((state) => {
          const n = counts.get(state);
          return n === undefined ? [] : [[state, n] as const];
        }),
      ),
    ]),
  );
}
