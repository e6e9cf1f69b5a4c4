import type { Job } from '../domain/job.js';
import { matchesHost } from '../domain/hosts.js';
import type { Connection } from '../sqlite.js';
import { classesWithPending, type ClassRow } from './classes.js';
import { recordEvent } from './events.js';
import type { NodeRow } from './nodes.js';
import { JOB_COLUMNS, toStoredJob, type JobRow } from './row.js';
import { rawStatement, statement } from './statement.js';
import type { WriteTransaction } from './transaction.js';

/** A shell of the runner that waits for its go. */
export interface ClaimShell {
  readonly token: string;
  readonly pid: number;
  readonly pidStart: number;
}

/** Who asks, and for whose jobs. */
export interface ClaimantParams {
  readonly node: Pick<NodeRow, 'name' | 'host' | 'user'>;
  /** Take jobs of other users too. */
  readonly anyUser: boolean;
  /** Only these lanes; all if absent. */
  readonly lanes?: readonly string[];
}

export interface ClaimParams extends ClaimantParams {
  readonly node: Pick<NodeRow, 'id' | 'name' | 'host' | 'user' | 'bootId' | 'spool'>;
  /** One job at most for each. */
  readonly shells: readonly ClaimShell[];
}

export interface ClaimedJob extends Job {
  readonly pid: number;
  /** The shell that is to run it, and the attempt's name from now on. */
  readonly token: string;
  /** Call `finishUploads` before the go: the inputs may still have this name. */
  readonly upload: string | null;
}

/**
 * Takes the best pending jobs for a node's free shells: highest priority first, then lowest jid.
 *
 * They are `running` once the transaction commits; only then may their shells get the go. The upload
 * name stays in the row until the attempt has run: a claimer that dies before it could rename the
 * inputs must not leave them without a name.
 */
export function claimJobs(tx: WriteTransaction, params: ClaimParams): ClaimedJob[] {
  const { node, shells } = params;
  if (node.spool === null) throw new Error(`node ${node.name} claims without a spool`);
  const attempt = { nodeId: node.id, bootId: node.bootId, spool: node.spool };
  const best = bestCandidates(tx.db, claimableClasses(tx.db, params), shells.length);
  return best.flatMap((candidate, index) => {
    const shell = shells[index];
    return shell === undefined ? [] : [claimJob(tx, { candidate, shell, node, attempt })];
  });
}

/** Whether a claim would find anything: asked without the lease, before taking it. */
export function hasClaimable(db: Connection, params: ClaimantParams): boolean {
  return claimableClasses(db, params).length > 0;
}

/** The classes with pending jobs that the node may take. */
function claimableClasses(db: Connection, params: ClaimantParams): ClassRow[] {
  return classesThatFit(classesWithPending(db, params.anyUser ? null : params.node.user), params);
}

/** The classes whose lane and hosts fit the node. */
function classesThatFit(classes: readonly ClassRow[], { node, lanes }: ClaimantParams): ClassRow[] {
  const shortHost = node.host.split('.', 1)[0] ?? node.host;
  const names = { host: node.host, shortHost, node: node.name };
  return classes.filter(
    ({ lane, hosts }) =>
      (lanes === undefined || lanes.includes(lane)) && matchesHost(parseHosts(hosts), names),
  );
}

export function parseHosts(text: string | null): string[] | null {
  if (text === null) return null;
  const hosts: string[] = JSON.parse(text);
  return hosts;
}

interface Candidate {
  readonly jid: number;
  readonly priority: number;
}

/** For the test that looks at its plan: it must walk jobs_claim and nothing else. */
export const BEST_OF_CLASS = `
  select jid, priority
  from   jobs
  where  class = :class and state = 'pending'
  order by priority desc, jid
  limit  :limit
`;
const bestOfClass = statement<{ class: number; limit: number }, Candidate>(BEST_OF_CLASS);

/**
 * Class by class, then merged: one statement over all classes would sort every pending job of theirs.
 * So a claim reads at most classes x shells rows, however long the queue is.
 */
function bestCandidates(db: Connection, classes: readonly ClassRow[], limit: number): Candidate[] {
  if (limit === 0) return [];
  return classes
    .flatMap(({ id }) => bestOfClass(db).all({ class: id, limit }))
    .toSorted((a, b) => b.priority - a.priority || a.jid - b.jid)
    .slice(0, limit);
}

const updateClaimed = rawStatement<
  { jid: number; started: string; runner: string; node: string; pid: number },
  JobRow
>(`
  update jobs
  set    state = 'running', attempt = attempt + 1, started = :started, runner = :runner,
         node = :node, pid = :pid, stdout = 'stdout/' || jid, stderr = 'stderr/' || jid,
         reason = null
  where  jid = :jid and state = 'pending'
  returning ${JOB_COLUMNS}
`);

const insertAttempt = statement<
  {
    token: string;
    pid: number;
    pidStart: number;
    jid: number;
    attempt: number;
    nodeId: number;
    bootId: string;
    spool: string;
    claimed: string;
  },
  never
>(`
  insert into attempts (jid, attempt, token, node_id, boot_id, spool, pid, pid_start, claimed)
  values (:jid, :attempt, :token, :nodeId, :bootId, :spool, :pid, :pidStart, :claimed)
`);

interface Claim {
  readonly candidate: Candidate;
  readonly shell: ClaimShell;
  readonly node: Pick<NodeRow, 'name' | 'host'>;
  readonly attempt: { readonly nodeId: number; readonly bootId: string; readonly spool: string };
}

function claimJob(tx: WriteTransaction, { candidate, shell, node, attempt }: Claim): ClaimedJob {
  const { jid } = candidate;
  const row = updateClaimed(tx.db).get({
    jid,
    started: tx.now,
    runner: node.host,
    node: node.name,
    pid: shell.pid,
  });
  if (row === undefined) throw new Error(`job ${jid} changed inside a transaction`);
  const { job, upload } = toStoredJob(row);
  const { token, pid, pidStart } = shell;
  const started = { jid, attempt: job.attempt, claimed: tx.now };
  insertAttempt(tx.db).run({ ...started, ...attempt, token, pid, pidStart });
  recordEvent(tx, 'claim', jid, {
    before: { state: 'pending' },
    after: { state: 'running', attempt: job.attempt, node: node.name, runner: node.host },
  });
  return { ...job, pid, token, upload };
}
