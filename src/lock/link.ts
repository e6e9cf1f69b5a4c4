import { fstatSync, renameSync, statSync } from 'node:fs';
import { systemCode } from '../domain/error.js';

/**
 * Whether `name` is a link to the open file.
 *
 * Call it after a look at the directory: the client has then learnt of any change and looks the name
 * up again if there was one. The inode of a name is never served from the attribute cache alone.
 */
export function isLinkOf(name: string, descriptor: number): boolean {
  try {
    // bigint: inode numbers of some file servers are above 2^53.
    const file = fstatSync(descriptor, { bigint: true });
    const entry = statSync(name, { bigint: true });
    return file.ino === entry.ino && file.dev === entry.dev;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ESTALE') return false;
    throw error;
  }
}

/**
 * Renames an entry of ours, unless it is gone: superseded and cleaned up, or renamed already by a call
 * whose answer got lost on its way. An error that passes is tried once more, since an entry that stays
 * would keep every other host waiting for the TTL.
 */
export function renameOwn(from: string, to: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      if (attempt === 2) throw error;
    }
  }
}
