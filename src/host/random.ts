import { closeSync, openSync, readSync } from 'node:fs';

/**
 * Random bytes in hexadecimal, from the kernel. Names and tokens need nothing else of node:crypto,
 * which takes ten milliseconds to load: a fifth of what a short command costs.
 */
export function randomHex(bytes: number): string {
  const buffer = Buffer.alloc(bytes);
  const descriptor = openSync('/dev/urandom', 'r');
  try {
    if (readSync(descriptor, buffer) !== bytes) throw new Error('/dev/urandom gave too little');
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString('hex');
}

/** A whole number from 0 to `bound` - 1, for jitter: not for secrets. */
export function randomBelow(bound: number): number {
  return Math.floor(Math.random() * bound);
}
