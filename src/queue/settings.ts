import type { LeaseTimes } from '../lock/times.js';
import { RqError } from '../domain/error.js';

/** One row of the table below: a number that every host of a queue must agree on. */
interface SettingDefinition {
  readonly name: string;
  readonly fallback: number;
  readonly min: number;
  readonly meaning: string;
}

/** Times and limits of a queue, fixed at create (`rq q create --set name=value`). */
export const SETTINGS = [
  {
    name: 'lease_ttl_ms',
    fallback: 30_000,
    min: 500,
    meaning: 'a lease unchanged for this long may be taken over',
  },
  {
    name: 'lease_beat_ms',
    fallback: 5_000,
    min: 50,
    meaning: 'how often a holder shows that it lives',
  },
  {
    name: 'lease_self_limit_ms',
    fallback: 20_000,
    min: 300,
    meaning: 'a holder whose last beat is older than this commits nothing more',
  },
  {
    name: 'idle_poll_ms',
    fallback: 1_000,
    min: 20,
    meaning: 'an idle feeder looks at least this often',
  },
  {
    name: 'full_tick_ms',
    fallback: 60_000,
    min: 500,
    meaning: 'a feeder looks into the database at least this often, wake-up or not',
  },
  {
    name: 'trash_keep_s',
    fallback: 7 * 86_400,
    min: 0,
    meaning: 'deleted jobs are kept this long',
  },
  {
    name: 'stop_grace_ms',
    fallback: 10_000,
    min: 0,
    meaning: 'stop: time between TERM and KILL for the jobs',
  },
] as const satisfies readonly SettingDefinition[];

export type SettingName = (typeof SETTINGS)[number]['name'];
export type SettingValues = Readonly<Record<SettingName, number>>;

export interface QueueSettings {
  readonly values: SettingValues;
  readonly lease: LeaseTimes;
}

/** Reads `--set` pairs or stored rows; unknown names and impossible values are refused. */
export function parseSettings(given: Readonly<Record<string, unknown>>): QueueSettings {
  const names: readonly string[] = SETTINGS.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RqError('usage', `no setting ${unknown}; there are: ${names.join(', ')}`);
  }
  const read = (name: SettingName): number => readSetting(name, given[name]);
  const values: SettingValues = {
    lease_ttl_ms: read('lease_ttl_ms'),
    lease_beat_ms: read('lease_beat_ms'),
    lease_self_limit_ms: read('lease_self_limit_ms'),
    idle_poll_ms: read('idle_poll_ms'),
    full_tick_ms: read('full_tick_ms'),
    trash_keep_s: read('trash_keep_s'),
    stop_grace_ms: read('stop_grace_ms'),
  };
  const lease = {
    ttlMs: values.lease_ttl_ms,
    beatMs: values.lease_beat_ms,
    selfLimitMs: values.lease_self_limit_ms,
  };
  if (!(lease.beatMs < lease.selfLimitMs && lease.selfLimitMs < lease.ttlMs)) {
    throw new RqError('usage', 'expected lease_beat_ms < lease_self_limit_ms < lease_ttl_ms');
  }
  return { values, lease };
}

function readSetting(name: SettingName, value: unknown): number {
  const setting = SETTINGS.find((definition) => definition.name === name);
  if (setting === undefined) throw new Error(`no definition of ${name}`);
  if (value === undefined) return setting.fallback;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= setting.min) return number;
  throw new RqError(
    'usage',
    `${name}: expected a whole number >= ${setting.min}, got ${JSON.stringify(value)}`,
  );
}
