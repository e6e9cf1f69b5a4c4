import { readdirSync, readFileSync } from 'node:fs';
import { systemCode } from '../domain/error.js';

/** What /proc/PID/stat says of a process. Source: proc_pid_stat(5). */
export interface ProcessStat {
  /** R, S, D, Z, T and so on. */
  readonly state: string;
  readonly ppid: number;
  readonly session: number;
  /** Clock ticks after boot: with the boot id and the pid it names a process for good. */
  readonly startTicks: number;
  readonly threads: number;
}

/** Null when there is no such process or its entry cannot be read (hidepid). */
export function readProcessStat(pid: number): ProcessStat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
  // The name in brackets may hold blanks and brackets itself: fields count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, , session] = fields;
  const threads = fields[17];
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return null;
  return {
    state,
    ppid: Number(ppid),
    session: Number(session),
    startTicks: Number(startTicks),
    threads: Number(threads),
  };
}

/**
 * True only with proof that the process which started at `pidStart` is over: no such pid, the pid
 * belongs to a later process, or it is a zombie without another thread (its files are closed by then).
 * What cannot be read counts as alive. Only for processes of this boot and pid namespace.
 */
export function isProcessGone(pid: number, pidStart: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return true;
    // EPERM: it exists and belongs to somebody else.
  }
  const stat = readProcessStat(pid);
  if (stat === null) return false;
  if (stat.startTicks !== pidStart) return true;
  return (stat.state === 'Z' || stat.state === 'X') && stat.threads <= 1;
}

/** The processes whose session is `session`, in no order. Those of hidden users are left out. */
export function sessionProcesses(session: number): number[] {
  return processIds().filter((pid) => readProcessStat(pid)?.session === session);
}

/** The processes that were started with `RQ_TOKEN=token`, or inherited it, as far as readable. */
export function processesWithToken(token: string): number[] {
  const wanted = Buffer.from(`\0RQ_TOKEN=${token}\0`);
  return processIds().filter((pid) => {
    try {
      // Entries end in a NUL; one put in front makes the first entry like the others.
      const environment = Buffer.concat([Buffer.from('\0'), readFileSync(`/proc/${pid}/environ`)]);
      return environment.includes(wanted);
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
  });
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '');
}
