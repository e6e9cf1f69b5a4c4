import type { LeaseFiles } from './lease-files.js';

type Callback<T = void> = (error: Error | null, result?: T) => void;

/**
 * The `fs` that proper-lockfile is given: the callback forms of what `LeaseFiles` does at once, and
 * rmdirSync, which it would call at the end of the process. The paths say nothing new.
 */
export function callbackFiles(files: LeaseFiles): object {
  return {
    mkdir: (_path: string, callback: Callback): void => answer(callback, () => files.mkdirSync()),
    stat: (_path: string, callback: Callback<{ mtime: Date }>): void =>
      answer(callback, () => files.statSync()),
    rmdir: (_path: string, callback: Callback): void => answer(callback, () => files.rmdirSync()),
    rmdirSync: (): void => files.rmdirSync(),
    utimes: (_path: string, _atime: Date, mtime: Date, callback: Callback): void =>
      answer(callback, () => files.utimesSync(mtime)),
  };
}

function answer<T>(callback: Callback<T>, work: () => T): void {
  let result: T;
  try {
    result = work();
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  callback(null, result);
}
