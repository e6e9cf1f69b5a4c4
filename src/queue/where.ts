import type { Filter, FilterOp } from '../domain/filter.js';
import { JOB_FIELDS } from '../domain/job.js';
import type { JobQuery, JidRange } from '../domain/selection.js';
import type { Connection } from '../sqlite.js';
import { valueStatement } from './statement.js';

/** A condition on `jobs` and its named parameters. Every value is a parameter, never text. */
export interface Where {
  readonly sql: string;
  readonly params: Readonly<Record<string, string | number | null>>;
}

/** More ranges than this become a list of jids: SQLite limits how deep an expression may nest. */
const RANGES_MAX = 200;
/** A longer list would cost more than to look at every job. */
const LIST_MAX = 1_000_000;

/**
 * The SQL of a query: the only place where rq builds SQL from parts. Ranges of jids, states and
 * `tag=x` use indexes; other filters look at every job that the rest of the query leaves.
 */
export function whereOf(query: JobQuery): Where {
  const params: Record<string, string | number | null> = {};
  let count = 0;
  const bind = (value: string | number | null): string => {
    const name = `w${(count += 1)}`;
    params[name] = value;
    return `:${name}`;
  };
  return { sql: sqlOf(query, bind), params };
}

type Bind = (value: string | number | null) => string;

function sqlOf(query: JobQuery, bind: Bind): string {
  switch (query.kind) {
    case 'all':
      return '1';
    case 'none':
      return '0';
    case 'union':
      return joined(query.parts, ' or ', '0', bind);
    case 'and':
      return joined(query.parts, ' and ', '1', bind);
    case 'jids':
      return jidsSql(query.ranges, bind);
    case 'last':
      return `jid in (select jid from jobs order by jid desc limit ${bind(query.count)})`;
    case 'states':
      return statesSql(query.states, bind);
    case 'filter':
      break;
  }
  return filterSql(query, bind);
}

function joined(parts: readonly JobQuery[], word: string, empty: string, bind: Bind): string {
  if (parts.length === 0) return empty;
  return `(${parts.map((part) => sqlOf(part, bind)).join(word)})`;
}

function jidsSql(ranges: readonly JidRange[], bind: Bind): string {
  const wide = ranges.filter(([first, last]) => first !== last);
  const listed =
    wide.length > RANGES_MAX ? ranges : ranges.filter(([first, last]) => first === last);
  const length = listed.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (length > LIST_MAX) {
    const pairs = bind(JSON.stringify(ranges));
    return `exists (select 1 from json_each(${pairs}) r where jid between r.value ->> 0 and r.value ->> 1)`;
  }
  const conditions = (wide.length > RANGES_MAX ? [] : wide).map(
    ([first, last]) => `jid between ${bind(first)} and ${bind(last)}`,
  );
  if (length > 0) {
    const jids = bind(JSON.stringify(listed.flatMap(jidsOfRange)));
    conditions.push(`jid in (select value from json_each(${jids}))`);
  }
  return conditions.length === 0 ? '0' : `(${conditions.join(' or ')})`;
}

export function jidsOfRange([first, last]: JidRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

function statesSql(states: readonly string[], bind: Bind): string {
  const [only] = states;
  // A single state by `=`: the index jobs_by_state then gives the jids in order.
  if (states.length === 1 && only !== undefined) return `state = ${bind(only)}`;
  return `state in (select value from json_each(${bind(JSON.stringify(states))}))`;
}

/** SQL's operators for ours; nulls differ from every value, as people expect and SQL does not. */
const COMPARISONS: Readonly<Record<FilterOp, (field: string, value: string) => string>> = {
  '=': (field, value) => `${field} = ${value}`,
  '!=': (field, value) => `${field} is not ${value}`,
  '<': (field, value) => `${field} < ${value}`,
  '>': (field, value) => `${field} > ${value}`,
  '<=': (field, value) => `${field} <= ${value}`,
  '>=': (field, value) => `${field} >= ${value}`,
  '=~': (field, value) => `${field} like ${value} escape '\\'`,
  '!~': (field, value) => `(${field} is null or ${field} not like ${value} escape '\\')`,
};

function filterSql({ field, op, value }: Filter, bind: Bind): string {
  // The one part of the text that is not a literal here: it must be a column.
  if (!JOB_FIELDS.includes(field)) throw new Error(`no such column: ${field}`);
  if (value === null) return `${field} is ${op === '=' ? '' : 'not '}null`;
  const stored = typeof value === 'boolean' ? Number(value) : value;
  return COMPARISONS[op](field, bind(stored));
}

const lastJids = valueStatement<{ count: number }, number>(
  'select jid from jobs order by jid desc limit :count',
);

/** The query with `last` replaced by the jids it means now, so that later pages mean the same jobs. */
export function fixLast(db: Connection, query: JobQuery): JobQuery {
  if (query.kind === 'union' || query.kind === 'and') {
    return { kind: query.kind, parts: query.parts.map((part) => fixLast(db, part)) };
  }
  if (query.kind !== 'last') return query;
  const jids = lastJids(db).all({ count: query.count }).toReversed();
  return { kind: 'jids', ranges: jids.map((jid) => [jid, jid]) };
}
