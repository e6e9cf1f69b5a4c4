import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** open(2); proc_pid_fdinfo(5) shows the flags in octal. */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes the files that whoever started this process left open for it, beyond the standard three and
 * `keep`.
 *
 * A feeder and its jobs outlive the script that started them: with its `exec 200>lock; flock 200` they
 * would keep its lock, and with a pipe its reader waiting. Node marks its own files, and what it
 * inherits below the first gap, as closed at exec; what is not marked is a stranger's.
 */
export function closeInheritedFiles(keep: number | null = null): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const descriptor = Number(name);
    if (descriptor <= 2 || descriptor === keep) continue;
    try {
      const info = readFileSync(`/proc/self/fdinfo/${name}`, 'latin1');
      const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '', 8);
      if ((flags & CLOSE_ON_EXEC) === 0) closeSync(descriptor);
    } catch {
      // The listing's own descriptor, which is closed by now.
    }
  }
}
