import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../domain/error.js';
import { type LeaseEntries, heldName, parseEntries } from './entries.js';
import { type BeatRecord, RECORD_BYTES, parseRecord } from './record.js';

/**
 * Looks at a lease directory, past the caches of an NFS client.
 *
 * To open a directory, or a file, makes the client ask the server whether its copy is still good
 * (close-to-open); stat() does not, and was measured to lag by up to half a minute. So each look
 * opens anew. readdir opens by itself: one request when nothing changed.
 */
export function listEntries(directory: string): LeaseEntries {
  return parseEntries(retriedOnce(() => readdirSync(directory)));
}

/**
 * The heartbeat of the holder of `generation`; null when that look failed: the entry went away
 * meanwhile, or it was read in the middle of a beat. A failed look says nothing about the holder.
 */
export function readHolder(directory: string, generation: number): BeatRecord | null {
  const file = join(directory, heldName(generation));
  try {
    return retriedOnce(() => parseRecord(readFresh(file)) ?? parseRecord(readFresh(file)));
  } catch (error) {
    if (isPassing(error)) return null;
    throw error;
  }
}

function readFresh(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(RECORD_BYTES);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, RECORD_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** A handle that the server no longer knows, or a name that has just gone, is looked up once more. */
function retriedOnce<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (!isPassing(error)) throw error;
    return look();
  }
}

function isPassing(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ESTALE';
}
