import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Surroundings } from './arguments.js';

/** The process's own environment, home and directories, looked at only when asked. */
export function processSurroundings(): Surroundings {
  let nearest: string | null | undefined;
  return {
    env: process.env,
    home: process.env['HOME'] ?? homedir(),
    isQueue: (path) => existsSync(join(path, 'db')),
    nearestQueue: () => {
      nearest ??= findNearest(process.cwd());
      return nearest;
    },
  };
}

/**
 * What `.rq` in `directory` or the nearest directory above it stands for: the queue itself when it is
 * a directory, else the path on its first line, from where the file is.
 */
export function findNearest(directory: string): string | null {
  for (let at = directory; ; at = dirname(at)) {
    const path = join(at, '.rq');
    const kind = statSync(path, { throwIfNoEntry: false });
    if (kind?.isDirectory() === true && existsSync(join(path, 'db'))) return path;
    if (kind?.isFile() === true) {
      const [line = ''] = readFileSync(path, 'utf8').split('\n');
      const name = line.trim();
      if (name !== '')
        return resolve(at, name.replace(/^~(?=\/|$)/, process.env['HOME'] ?? homedir()));
    }
    if (dirname(at) === at) return null;
  }
}
