import { workerData } from 'node:worker_threads';
import { systemCode } from '../domain/error.js';
import { uptimeMs } from '../host/uptime.js';
import { type BeatParams, beatOnce } from './beat.js';
import { type BeatState, SLOT, beatState, get } from './beat-state.js';

/**
 * The thread that beats while the main thread is inside a long statement of SQLite, which blocks it.
 *
 * It is started once for a process and serves every hold. It sleeps while nothing is held for long,
 * and it stops beating when the main thread has not moved for the self-limit: a process that hangs
 * must lose its lease like one that died.
 */
export interface BeatWorkerData {
  readonly buffer: SharedArrayBuffer;
  readonly params: BeatParams;
}

/** After this many ms without a hold it waits to be woken instead of looking around. */
const DORMANT_AFTER_MS = 60_000;
const RETRY_MS = 1_000;

const data: BeatWorkerData = workerData;
run(data);

function run({ buffer, params }: BeatWorkerData): never {
  const state = beatState(buffer);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  let lastHold = uptimeMs();
  for (;;) {
    const held = get(state, SLOT.generation) !== 0;
    if (held) lastHold = uptimeMs();
    if (!held && uptimeMs() - lastHold > DORMANT_AFTER_MS) {
      sleepUntilWoken(state);
      lastHold = uptimeMs();
    }
    const waitMs = held ? beatIfDue(state, params) : get(state, SLOT.beatMs) / 2;
    Atomics.wait(nap, 0, 0, Math.max(1, waitMs));
  }
}

/** Beats if it is time; returns the ms until the next look. */
function beatIfDue(state: BeatState, params: BeatParams): number {
  const beatMs = get(state, SLOT.beatMs);
  const now = uptimeMs();
  const dueMs = get(state, SLOT.beatStart) + beatMs - now;
  if (dueMs > 0) return Math.min(dueMs, beatMs / 2);
  if (now - get(state, SLOT.moved) > get(state, SLOT.selfLimitMs)) return beatMs / 2;
  try {
    beatOnce(state, params);
    return beatMs / 2;
  } catch (error) {
    // The file server is away, or the file gone: the beat did not count, and the holder's remaining
    // time runs out by itself. Anything else is a defect, which ends this thread with its stack.
    if (systemCode(error) === null) throw error;
    return Math.min(RETRY_MS, beatMs / 2);
  }
}

function sleepUntilWoken(state: BeatState): void {
  Atomics.store(state.dormant, 0, 1);
  // The holder sets the generation before it reads `dormant`: one of the two sees the other.
  if (get(state, SLOT.generation) === 0) Atomics.wait(state.dormant, 0, 1);
  Atomics.store(state.dormant, 0, 0);
}
