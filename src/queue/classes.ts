import type { Connection } from '../sqlite.js';
import { statement, valueStatement } from './statement.js';
import type { WriteTransaction } from './transaction.js';

/** What decides who may take a job. */
export interface JobClass {
  readonly user: string;
  /** Names and globs; null: any host. */
  readonly hosts: readonly string[] | null;
  readonly lane: string;
}

export interface ClassRow {
  readonly id: number;
  readonly user: string;
  readonly hosts: string | null;
  readonly lane: string;
}

/** Class ids that this transaction already asked for. Gone with the transaction: others may add classes. */
const known = new WeakMap<WriteTransaction, Map<string, number>>();

// The expression must be that of the index classes_all, or this is a scan.
const findClass = valueStatement<{ user: string; hosts: string | null; lane: string }, number>(`
  select id
  from   classes
  where  user = :user and coalesce(hosts, '') = coalesce(:hosts, '') and lane = :lane
`);
const insertClass = valueStatement<{ user: string; hosts: string | null; lane: string }, number>(`
  insert into classes (user, hosts, lane) values (:user, :hosts, :lane) returning id
`);

/** The id of the class, made if it is new. Call it in a write transaction. */
export function classOf(tx: WriteTransaction, { user, hosts, lane }: JobClass): number {
  const ids = known.get(tx) ?? new Map<string, number>();
  known.set(tx, ids);
  const row = { user, hosts: canonicalHosts(hosts), lane };
  const key = JSON.stringify([row.user, row.hosts, row.lane]);
  const cached = ids.get(key);
  if (cached !== undefined) return cached;
  const id = findClass(tx.db).get(row) ?? insertClass(tx.db).get(row);
  if (id === undefined) throw new Error(`no class for ${key}`);
  ids.set(key, id);
  return id;
}

const readClasses = statement<{ user: string | null }, ClassRow>(`
  select c.id, c.user, c.hosts, c.lane
  from   counters k
  join   classes c on c.id = cast(k.key as integer)
  where  k.kind = 'class' and k.n > 0 and (:user is null or c.user = :user)
`);

/** Classes that have pending jobs, of one user or of all. */
export function classesWithPending(db: Connection, user: string | null): ClassRow[] {
  return readClasses(db).all({ user });
}

/** The same hosts in another order are the same class; an empty list says no more than null. */
function canonicalHosts(hosts: readonly string[] | null): string | null {
  if (hosts === null || hosts.length === 0) return null;
  return JSON.stringify([...new Set(hosts)].toSorted());
}
