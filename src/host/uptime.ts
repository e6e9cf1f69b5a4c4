import { openSync, readSync } from 'node:fs';

/** Two readings may differ by this much less than the time between them. */
export const UPTIME_STEP_MS = 10;

const text = Buffer.alloc(64);
let descriptor: number | null = null;

/**
 * Milliseconds since this machine booted, in steps of 10, with the time it was suspended.
 *
 * Promises to other hosts ("I write no later than 20 s after my beat") are measured by this clock:
 * a machine that slept an hour must know that its promise ran out. Local: one read of /proc/uptime.
 */
export function uptimeMs(): number {
  // Kept open: a beat and a look each ask several times.
  descriptor ??= openSync('/proc/uptime', 'r');
  const length = readSync(descriptor, text, 0, text.length, 0);
  const seconds = Number.parseFloat(text.toString('latin1', 0, length));
  if (!Number.isFinite(seconds)) throw new Error('cannot read /proc/uptime');
  return Math.round(seconds * 1000);
}

/** Milliseconds on a clock that nobody can set and that stands still while the machine is suspended. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
