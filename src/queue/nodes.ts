import { RqError } from '../domain/error.js';
import type { Connection } from '../sqlite.js';
import type { Queue } from './queue.js';
import { statement } from './statement.js';
import type { WriteTransaction } from './transaction.js';
import { bump } from './wake.js';

export type NodeState = 'feeding' | 'draining' | 'stopped';

/** A node as its feeder registers it: one per name, machine and user. */
export interface NodeIdentity {
  readonly name: string;
  readonly host: string;
  readonly machineId: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly user: string;
  readonly uid: number;
  readonly feederPid: number | null;
  /** Clock ticks after boot: with the boot id it names the feeder for good. */
  readonly feederStart: number | null;
  /** Random id of the runner's spool; null until the runner has said it. */
  readonly spool: string | null;
  /** Host-local directory of socket, locks and spool. */
  readonly directory: string;
  readonly slots: number;
  readonly state: NodeState;
  readonly version: string;
}

export interface NodeRow extends NodeIdentity {
  /** Stays over restarts and reboots. */
  readonly id: number;
  /** Queue time of the last registration. */
  readonly since: string;
}

/** An attempt that the queue believes to run. */
export interface RunningAttempt {
  readonly jid: number;
  readonly attempt: number;
  readonly token: string;
  readonly bootId: string;
  readonly spool: string;
  readonly pid: number;
  readonly pidStart: number;
  readonly restartable: boolean;
}

const NODE_COLUMNS = `
  id, name, host, machine_id as machineId, boot_id as bootId, pid_ns as pidNamespace, user, uid,
  feeder_pid as feederPid, feeder_start as feederStart, spool, directory, slots, state, since, version
`;

const upsertNode = statement<Record<string, string | number | null>, NodeRow>(`
  insert into nodes
    (name, host, machine_id, boot_id, pid_ns, user, uid, feeder_pid, feeder_start, spool, directory,
     slots, state, since, version)
  values
    (:name, :host, :machineId, :bootId, :pidNamespace, :user, :uid, :feederPid, :feederStart, :spool,
     :directory, :slots, :state, :since, :version)
  on conflict (name, machine_id, uid) do update
  set    host = excluded.host, boot_id = excluded.boot_id, pid_ns = excluded.pid_ns,
         user = excluded.user, feeder_pid = excluded.feeder_pid, feeder_start = excluded.feeder_start,
         spool = excluded.spool, directory = excluded.directory, slots = excluded.slots,
         state = excluded.state, since = excluded.since, version = excluded.version
  returning ${NODE_COLUMNS}
`);

/** Says that this feeder is the node from now on. */
export function registerNode(tx: WriteTransaction, node: NodeIdentity): NodeRow {
  const row = upsertNode(tx.db).get({ ...node, since: tx.now });
  if (row === undefined) throw new Error(`node ${node.name} was not stored`);
  return row;
}

const updateState = statement<
  { id: number; state: NodeState; feederPid: number | null; feederStart: number | null },
  never
>(`
  update nodes
  set    state = :state
  where  id = :id and feeder_pid is :feederPid and feeder_start is :feederStart
`);

/** False when another feeder has become this node: its state is no longer this one's to set. */
export function setNodeState(
  tx: WriteTransaction,
  { id, feederPid, feederStart }: Pick<NodeRow, 'id' | 'feederPid' | 'feederStart'>,
  state: NodeState,
): boolean {
  return updateState(tx.db).run({ id, state, feederPid, feederStart }).changes === 1;
}

/** Which nodes are meant; what is absent does not matter. */
export interface NodeMatch {
  readonly name?: string;
  readonly host?: string;
  readonly uid?: number;
}

const updateSlots = statement<
  { slots: number; name: string | null; host: string | null; uid: number | null },
  NodeRow
>(`
  update nodes
  set    slots = :slots
  where  (:name is null or name = :name) and (:host is null or host = :host)
    and  (:uid is null or uid = :uid)
  returning ${NODE_COLUMNS}
`);

/** Sets how many jobs the matching nodes run at once; their feeders see it at their next look. */
export async function setNodeSlots(
  queue: Queue,
  match: NodeMatch,
  slots: number,
): Promise<NodeRow[]> {
  if (!Number.isSafeInteger(slots) || slots < 0) {
    throw new RqError('usage', `expected a number of slots, got ${slots}`);
  }
  const { name = null, host = null, uid = null } = match;
  return queue.write('slots', (tx) => {
    tx.afterCommit(() => bump(queue.paths.wakeWork));
    return updateSlots(tx.db).all({ slots, name, host, uid });
  });
}

const selectNodes = statement<Record<string, never>, NodeRow>(
  `select ${NODE_COLUMNS} from nodes order by name, id`,
);

export function readNodes(db: Connection): NodeRow[] {
  return selectNodes(db).all({});
}

const selectRunning = statement<
  { node: number },
  Omit<RunningAttempt, 'restartable'> & { readonly restartable: number }
>(`
  select a.jid, a.attempt, a.token, a.boot_id as bootId, a.spool, a.pid, a.pid_start as pidStart,
         j.restartable
  from   attempts a
  join   jobs j on j.jid = a.jid
  where  a.node_id = :node and a.outcome = 'running'
  order by a.jid, a.attempt
`);

/** What a node has claimed and not settled. */
export function runningAttempts(db: Connection, nodeId: number): RunningAttempt[] {
  return selectRunning(db)
    .all({ node: nodeId })
    .map((row) => ({ ...row, restartable: row.restartable === 1 }));
}
