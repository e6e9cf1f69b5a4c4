/**
 * What the thread that holds a lease and the thread that beats for it tell each other, in memory
 * that they share. Times are uptime in ms.
 */
export interface BeatState {
  readonly buffer: SharedArrayBuffer;
  readonly numbers: BigInt64Array;
  /** DORMANT: the worker sleeps until it is woken. */
  readonly dormant: Int32Array;
}

/** Slots of `numbers`. */
export const SLOT = {
  /** The generation held; 0: none. */
  generation: 0,
  /** The heartbeat file. It is never closed while the process lives: see heartbeat.ts. */
  descriptor: 1,
  /** Number of the last beat. */
  beat: 2,
  /** When the last good beat began. */
  beatStart: 3,
  /** When the holding thread last showed that it moves. */
  moved: 4,
  /** The generation whose holder has let its beats become too old, or found itself superseded. */
  lost: 5,
  /** When the present hold began, epoch ms by the file server's clock. */
  since: 6,
  beatMs: 7,
  selfLimitMs: 8,
} as const;
export type Slot = (typeof SLOT)[keyof typeof SLOT];

const SLOTS = 9;
const NUMBER_BYTES = 8 * SLOTS;

export function beatState(buffer = new SharedArrayBuffer(NUMBER_BYTES + 4)): BeatState {
  return {
    buffer,
    numbers: new BigInt64Array(buffer, 0, SLOTS),
    dormant: new Int32Array(buffer, NUMBER_BYTES, 1),
  };
}

export function get(state: BeatState, slot: Slot): number {
  return Number(Atomics.load(state.numbers, slot));
}

export function set(state: BeatState, slot: Slot, value: number): void {
  Atomics.store(state.numbers, slot, BigInt(Math.round(value)));
}

/** Sets the slot only if it still has the value that the caller saw. */
export function replace(state: BeatState, slot: Slot, seen: number, value: number): boolean {
  return (
    Atomics.compareExchange(state.numbers, slot, BigInt(seen), BigInt(Math.round(value))) ===
    BigInt(seen)
  );
}
