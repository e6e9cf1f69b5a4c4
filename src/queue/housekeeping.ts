import { rmSync, statSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { systemCode } from '../domain/error.js';
import { formatTime } from '../domain/time.js';
import { UPLOAD_NAME } from './inputs.js';
import type { Queue } from './queue.js';
import { WAKE_NAME } from './wake.js';
import { minuteOf } from './status.js';
import { statement, valueStatement } from './statement.js';
import { moveToTrash, removeTrashed, trashedFiles } from './trash.js';

/** Uploads that no job names are somebody's crash when they are so old; submit gives up well before. */
const UPLOAD_KEEP_MS = 86_400_000;
/** A wake-up takes milliseconds. */
const WAKE_KEEP_MS = 3_600_000;
/** Throughput is asked for the last day; a month lets somebody look back. */
const MINUTES_KEEP_MS = 32 * 86_400_000;
/** A delete that crashed is finished by the housekeeping of that day or the next. */
const SWEEP_BACK_MS = 2 * 86_400_000;
/** Jobs that leave the trash in one transaction. */
const EXPIRE_CHUNK = 1_000;
/** Jobs whose files are handled at one go: the feeder that keeps house has other things to do in between. */
const FILES_AT_ONCE = 20;

export interface Housekeeping {
  /** Deleted jobs whose time in the trash is over. */
  readonly expired: number;
  /** Uploads of crashed submitters that were removed. */
  readonly uploads: number;
}

/**
 * Removes what nobody needs any more: expired jobs of the trash with their files, uploads that no job
 * names, old throughput figures and counters of nothing. Brings the files of deleted jobs to the trash where a crash kept
 * them. Any node may do it at any time, several at once too; often enough is once a day.
 */
export async function keepHouse(queue: Queue): Promise<Housekeeping> {
  const nowMs = await forgetFigures(queue);
  const expired = await expireTrash(queue, nowMs);
  await sweepTrash(queue, nowMs);
  await sweepWakes(queue, nowMs);
  return { expired, uploads: await sweepUploads(queue, nowMs) };
}

const deleteMinutes = statement<{ minute: string }, never>(
  'delete from minutes where minute < :minute',
);

// Tags and nodes come and go; the triggers make a counter again when it is needed.
const deleteZeros = statement<Record<string, never>, never>('delete from counters where n = 0');

/** Returns the queue clock, epoch ms. */
async function forgetFigures(queue: Queue): Promise<number> {
  return queue.write('housekeeping', (tx) => {
    const nowMs = Date.parse(tx.now);
    deleteMinutes(tx.db).run({ minute: minuteOf(nowMs - MINUTES_KEEP_MS) });
    deleteZeros(tx.db).run({});
    return nowMs;
  });
}

interface TrashRow {
  readonly jid: number;
  readonly stdin: string | null;
  readonly data: string | null;
  readonly attempt: number;
}

const expiredJids = valueStatement<{ before: string; limit: number }, number>(
  'select jid from trash where deleted < :before order by jid limit :limit',
);
const deleteTrash = statement<{ jids: string; before: string }, never>(`
  delete from trash
  where  jid in (select value from json_each(:jids)) and deleted < :before
`);
const deleteAttempts = statement<{ jids: string }, never>(`
  delete from attempts
  where  jid in (select value from json_each(:jids))
    and  not exists (select 1 from trash t where t.jid = attempts.jid)
    and  not exists (select 1 from jobs j where j.jid = attempts.jid)
`);

/** Files go after the rows: a job whose row is still there can be brought back whole. */
async function expireTrash(queue: Queue, nowMs: number): Promise<number> {
  const before = formatTime(nowMs - queue.settings.values.trash_keep_s * 1000);
  let expired = 0;
  for (;;) {
    const found = queue.read((db) => expiredJids(db).all({ before, limit: EXPIRE_CHUNK }));
    if (found.length === 0) return expired;
    const jids = JSON.stringify(found);
    expired += await queue.write('housekeeping', (tx) => {
      const { changes } = deleteTrash(tx.db).run({ jids, before });
      deleteAttempts(tx.db).run({ jids });
      return changes;
    });
    await removeFilesOf(queue, found);
  }
}

const knownJids = valueStatement<{ jids: string }, number>(`
  select jid from trash where jid in (select value from json_each(:jids))
  union all
  select jid from jobs where jid in (select value from json_each(:jids))
`);

/** Removes the files of jobs that are nowhere any more. */
async function removeFilesOf(queue: Queue, jids: readonly number[]): Promise<void> {
  const known = new Set(queue.read((db) => knownJids(db).all({ jids: JSON.stringify(jids) })));
  const gone = jids.filter((jid) => !known.has(jid));
  await inPortions(gone, (jid) => removeTrashed(queue, jid));
}

const trashedJobs = statement<{ after: number; since: string; limit: number }, TrashRow>(`
  select jid, job ->> 'stdin' as stdin, job ->> 'data' as data, job ->> 'attempt' as attempt
  from   trash
  where  jid > :after and deleted >= :since
  order by jid
  limit  :limit
`);

/** Finishes what a delete or an expiry that crashed after its commit has left. */
async function sweepTrash(queue: Queue, nowMs: number): Promise<void> {
  const since = formatTime(nowMs - SWEEP_BACK_MS);
  let after = 0;
  for (;;) {
    const from = after;
    const rows = queue.read((db) =>
      trashedJobs(db).all({ after: from, since, limit: EXPIRE_CHUNK }),
    );
    await inPortions(rows, (row) => moveToTrash(queue, row));
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.jid;
  }
  await removeFilesOf(queue, trashedFiles(queue));
}

/** Lets whatever else waits in this process run between portions. */
async function inPortions<T>(items: readonly T[], handle: (item: T) => void): Promise<void> {
  for (const [index, item] of items.entries()) {
    if (index % FILES_AT_ONCE === 0) await setImmediate();
    handle(item);
  }
}

const uploadsInUse = valueStatement<Record<string, never>, string>(`
  select upload from jobs where upload is not null
  union all
  select job ->> 'upload' from trash where job ->> 'upload' is not null
`);

async function sweepUploads(queue: Queue, nowMs: number): Promise<number> {
  const old = [
    ...(await olderThan(queue.paths.stdin, UPLOAD_NAME, nowMs - UPLOAD_KEEP_MS)),
    ...(await olderThan(queue.paths.data, UPLOAD_NAME, nowMs - UPLOAD_KEEP_MS)),
  ];
  if (old.length === 0) return 0;
  // Read after the listing: an upload that no row names now was named by none while it aged.
  const used = queue.read((db) => new Set(uploadsInUse(db).all({})));
  const unused = old.filter(({ name }) => !used.has(name));
  await inPortions(unused, ({ path }) => rmSync(path, { recursive: true, force: true }));
  return unused.length;
}

/** A wake-up is a directory that is made and removed; who died in between left it. */
async function sweepWakes({ paths }: Queue, nowMs: number): Promise<void> {
  for (const directory of [paths.wake, paths.wakeWork, paths.wakeEnds]) {
    const old = await olderThan(directory, WAKE_NAME, nowMs - WAKE_KEEP_MS);
    for (const { path } of old) rmSync(path, { recursive: true, force: true });
  }
}

interface OldEntry {
  readonly name: string;
  readonly path: string;
}

async function olderThan(directory: string, names: RegExp, beforeMs: number): Promise<OldEntry[]> {
  const found: OldEntry[] = [];
  for await (const { name } of await opendir(directory)) {
    const path = join(directory, name);
    if (names.test(name) && isOlder(path, beforeMs)) found.push({ name, path });
  }
  return found;
}

/** By the file server's stamps: a host's wrong clock makes nothing old. False when it is gone. */
function isOlder(path: string, beforeMs: number): boolean {
  try {
    return statSync(path).mtimeMs < beforeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
