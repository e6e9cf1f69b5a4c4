// Running and timing whole processes, as a user sees them.
import { spawnSync } from 'node:child_process';

/** Runs a command to its end and returns its wall-clock milliseconds; a failure ends the bench. */
export function timeCommand(command, args, options = {}) {
  const began = performance.now();
  const result = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  const ms = performance.now() - began;
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status ?? result.signal}`);
  }
  return ms;
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Ratio of two series measured in turn, pair by pair. */
export function ratios(values, others) {
  return values.map((value, index) => value / others[index]);
}

/** Nearest-rank percentile. */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)];
}
