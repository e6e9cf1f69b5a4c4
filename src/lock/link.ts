import { fstatSync, statSync } from 'node:fs';
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
