import { closeSync, constants, fstatSync, mkdirSync, openSync, rmdirSync } from 'node:fs';
import { randomHex } from '../host/random.js';
import { join } from 'node:path';
import { systemCode } from '../domain/error.js';

/** What a wake-up, or a look at the server's clock (clock.ts), makes in `wake/` for a moment. */
export const WAKE_NAME = /^(t\.)?[0-9a-f]{16}$/;

/**
 * Tells every host that looks at `directory` to look again. Two round trips over NFS; any member of the
 * queue's group may do it (setting times would need the owner).
 *
 * A wake-up is a hint: it may be lost, and whoever relies on it looks again by himself in the end.
 */
export function bump(directory: string): void {
  const name = join(directory, randomHex(8));
  try {
    mkdirSync(name, 0o700);
    rmdirSync(name);
  } catch (error) {
    if (systemCode(error) === null) throw error;
  }
}

/**
 * What changes when somebody bumps `directory`: one round trip, since opening a directory makes an NFS
 * client ask the server (close-to-open consistency), where stat would answer from its cache.
 */
export function sample(directory: string): string {
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const { mtimeNs, ctimeNs, nlink } = fstatSync(descriptor, { bigint: true });
    return `${mtimeNs}.${ctimeNs}.${nlink}`;
  } finally {
    closeSync(descriptor);
  }
}

/** Drops stale directory entries of an NFS client: a hot journal that another host left is seen afterwards. */
export function touchDirectory(directory: string): void {
  closeSync(openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY));
}
