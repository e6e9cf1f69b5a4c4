import type { Queue } from '../../src/queue/queue.js';

type Counts = Readonly<Record<string, number>>;

const KEPT = `select kind || ' ' || key || ' ' || state as name, n from counters where n <> 0`;
/** The same from the jobs themselves. */
const COUNTED = `
  select 'state ' || state || ' ' as name, count(*) as n from jobs group by state
  union all
  select 'tag ' || tag || ' ' || state, count(*) from jobs where tag is not null group by tag, state
  union all
  select 'class ' || class || ' ', count(*) from jobs where state = 'pending' group by class
  union all
  select 'node ' || node || ' ', count(*) from jobs where state = 'running' group by node
  union all
  select 'exit ' || coalesce(signal, exit_status) || ' ', count(*) from jobs
  where  state = 'finished' and coalesce(signal, exit_status) is not null
  group by coalesce(signal, exit_status)
  union all
  select 'elapsed  ', count(*) from jobs where state = 'finished' and elapsed is not null having count(*) > 0
`;

/** The queue's counters as it keeps them, and as they should be. */
export function recount(queue: Queue): [kept: Counts, counted: Counts] {
  return queue.read((db) => {
    const read = (sql: string): Counts =>
      Object.fromEntries(
        db
          .prepare<[], { name: string; n: number }>(`${sql} order by name`)
          .all()
          .map(({ name, n }) => [name, n]),
      );
    return [read(KEPT), read(COUNTED)];
  });
}
