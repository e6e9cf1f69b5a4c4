import { fsyncSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { uptimeMs } from '../host/uptime.js';
import { type BeatState, SLOT, get, replace, set } from './beat-state.js';
import { listEntries } from './look.js';
import { type BeatIdentity, RECORD_BYTES, formatRecord } from './record.js';
import { isLinkOf } from './link.js';
import { heldName } from './entries.js';

/** What both threads need for a beat. Plain data: it travels to the worker. */
export interface BeatParams {
  readonly directory: string;
  readonly identity: BeatIdentity;
  /** False where all observers share this kernel's page cache: nobody else could see the disk. */
  readonly sync: boolean;
}

/** Writes the next beat in place: one write, and on a network file system one fsync. */
export function writeBeat(state: BeatState, params: BeatParams): void {
  const beat = Number(Atomics.add(state.numbers, SLOT.beat, 1n)) + 1;
  const bytes = formatRecord({ ...params.identity, beat, since: get(state, SLOT.since) });
  const descriptor = get(state, SLOT.descriptor);
  if (writeSync(descriptor, bytes, 0, RECORD_BYTES, 0) !== RECORD_BYTES) {
    throw new Error('a beat was written in part');
  }
  if (params.sync) fsyncSync(descriptor);
}

/**
 * Beats for the generation held, if it is still ours.
 *
 * The beat counts from before it began, and only if it was visible within the self-limit of the one
 * before. So while `remainingMs` is above zero, no observer has seen an unchanged beat for the TTL,
 * however long a write hung: a beat that comes late cannot bring a lost lease back.
 */
export function beatOnce(state: BeatState, params: BeatParams): 'good' | 'idle' | 'lost' {
  const generation = get(state, SLOT.generation);
  if (generation === 0) return 'idle';
  if (get(state, SLOT.lost) === generation) return 'lost';
  const before = get(state, SLOT.beatStart);
  const start = uptimeMs();
  const entries = listEntries(params.directory);
  const ours =
    entries.maximum === generation &&
    entries.held &&
    isLinkOf(join(params.directory, heldName(generation)), get(state, SLOT.descriptor));
  if (!ours) {
    if (get(state, SLOT.generation) !== generation) return 'idle'; // released meanwhile
    set(state, SLOT.lost, generation);
    return 'lost';
  }
  writeBeat(state, params);
  if (get(state, SLOT.generation) !== generation) return 'idle';
  if (uptimeMs() - before > get(state, SLOT.selfLimitMs)) {
    set(state, SLOT.lost, generation);
    return 'lost';
  }
  // Refused when the holder has let go and taken the next generation meanwhile: it beat itself.
  return replace(state, SLOT.beatStart, before, start) ? 'good' : 'idle';
}
