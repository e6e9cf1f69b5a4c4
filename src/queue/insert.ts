import type { Job, NewJob } from '../domain/job.js';
import { classOf } from './classes.js';
import { recordSubmit } from './events.js';
import { toJson, type JobParameters, type StoredJob } from './row.js';
import { statement, valueStatement } from './statement.js';
import type { WriteTransaction } from './transaction.js';

const lastJid = valueStatement<Record<string, never>, number>(
  `select seq from sqlite_sequence where name = 'jobs'`,
);

const insertJob = statement<NewRowParameters, never>(`
  insert into jobs
    (jid, priority, state, submitted, submitter, stdin, data, tag, restartable, command, user, cwd,
     argv, shell, env, hosts, lane, class, upload)
  values
    (:jid, :priority, :state, :submitted, :submitter, :stdin, :data, :tag, :restartable, :command,
     :user, :cwd, :argv, :shell, :env, :hosts, :lane, :class, :upload)
`);

type NewRowParameters = Omit<
  JobParameters,
  | 'started'
  | 'finished'
  | 'elapsed'
  | 'runner'
  | 'stdout'
  | 'stderr'
  | 'pid'
  | 'exit_status'
  | 'signal'
  | 'attempt'
  | 'reason'
  | 'node'
  | 'cpu'
  | 'max_rss'
  | 'presumed'
>;

/**
 * Inserts jobs with consecutive jids, `uploads` beside them (empty: no job has any), and returns the
 * rows. Records the event.
 */
export function insertJobs(
  tx: WriteTransaction,
  jobs: readonly NewJob[],
  uploads: readonly (string | null)[],
): StoredJob[] {
  // The names of the inputs hold the jid, so it is taken before the insert; the sequence follows.
  const first = (lastJid(tx.db).get({}) ?? 0) + 1;
  const insert = insertJob(tx.db);
  const stored = jobs.map((fresh, index) =>
    newRow(tx, fresh, first + index, uploads[index] ?? null),
  );
  for (const row of stored) insert.run(newRowParameters(row));
  recordSubmit(tx, first, first + jobs.length - 1);
  return stored;
}

function newRow(
  tx: WriteTransaction,
  fresh: NewJob,
  jid: number,
  upload: string | null,
): StoredJob {
  const { user, host } = tx.actor;
  const job: Job = {
    jid,
    priority: fresh.priority,
    state: fresh.staged ? 'holding' : 'pending',
    submitted: tx.now,
    started: null,
    finished: null,
    elapsed: null,
    submitter: host,
    runner: null,
    stdin: fresh.stdinFile === null ? null : `stdin/${jid}`,
    stdout: null,
    stderr: null,
    data: fresh.dataPath === null ? null : `data/${jid}`,
    pid: null,
    exit_status: null,
    tag: fresh.tag,
    restartable: fresh.restartable,
    command: fresh.command,
    signal: null,
    attempt: 0,
    reason: null,
    user,
    cwd: fresh.cwd,
    argv: fresh.argv,
    shell: fresh.shell,
    env: fresh.env,
    hosts: fresh.hosts,
    node: null,
    cpu: null,
    max_rss: null,
    lane: fresh.lane,
  };
  const classId = classOf(tx, { user, hosts: fresh.hosts, lane: fresh.lane });
  return { job, classId, upload, presumed: false };
}

/** As `toParameters`, without the columns that a new row leaves null: it runs for each job of a bulk. */
function newRowParameters({ job, classId, upload }: StoredJob): NewRowParameters {
  return {
    jid: job.jid,
    priority: job.priority,
    state: job.state,
    submitted: job.submitted,
    submitter: job.submitter,
    stdin: job.stdin,
    data: job.data,
    tag: job.tag,
    restartable: job.restartable ? 1 : 0,
    command: job.command,
    user: job.user,
    cwd: job.cwd,
    argv: toJson(job.argv),
    shell: job.shell,
    env: toJson(job.env),
    hosts: toJson(job.hosts),
    lane: job.lane,
    class: classId,
    upload,
  };
}
