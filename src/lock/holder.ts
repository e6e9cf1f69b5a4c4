import { monotonicMs } from '../host/uptime.js';
import type { LeaseFiles } from './lease-files.js';
import { listEntries, readHolder } from './look.js';
import type { BeatRecord } from './record.js';

/** Whom to name when a queue is busy. */
export interface LeaseHolder {
  readonly host: string;
  readonly pid: number;
  /** For how long, ms, by the file server's stamps; null if that cannot be told. */
  readonly heldMs: number | null;
}

/**
 * Who holds the lease now; null when nobody does or its holder cannot be read.
 *
 * Without a stamp of the server the time is by this host's clock: good enough for people, nothing is
 * decided by it.
 */
export function peekHolder(directory: string): LeaseHolder | null {
  let entries;
  try {
    entries = listEntries(directory);
    if (!entries.held) return null;
    const record = readHolder(directory, entries.maximum);
    return record === null ? null : holderOf(record, Date.now());
  } catch {
    return null;
  }
}

/** The holder that a waiter saw last. */
export function seenHolder(files: LeaseFiles): LeaseHolder | null {
  const sighting = files.watch.sighting;
  if (sighting === null || sighting.generation !== files.entries?.maximum) return null;
  const { serverMs, monotonicMs: at } = files.participant.stamp;
  const now = serverMs === 0 ? Date.now() : serverMs + monotonicMs() - at;
  return holderOf(sighting.record, now);
}

function holderOf(record: BeatRecord, nowMs: number): LeaseHolder {
  const { host, pid, since } = record;
  return { host, pid, heldMs: since === 0 ? null : Math.max(0, Math.round(nowMs - since)) };
}
