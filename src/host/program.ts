import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The absolute path of a program by this process's own PATH, or null: for where another's PATH must not decide. */
export function findProgram(name: string): string | null {
  for (const directory of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin']) {
    const file = join(directory, name);
    if (!file.startsWith('/')) continue;
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Look further.
    }
  }
  return null;
}
