/** The armed shell, which becomes the job's process, and the slot shell that waits for it. */
export interface ShellRecord {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly pidStart: number;
  readonly slotPid: number;
  readonly slotStart: number;
  /** Process ids mean something only in the same boot and the same pid namespace. */
  readonly bootId: string;
  readonly pidNamespace: string;
}

/** Written by the armed shell just before it starts the job: the proof that it may have run. */
export interface Marker {
  readonly pid: number;
  readonly uptimeMs: number;
}

/** How the slot shell saw the attempt end. */
export interface Status {
  /** As in `$?`: above 128 for a signal, but see `note`. */
  readonly code: number;
  /** True when the slot shell said, or for silent signals may say, that a signal ended the job. */
  readonly note: boolean;
  readonly uptimeMs: number;
  /** User and system seconds of the attempt's processes that were waited for; null when unknown. */
  readonly cpuSeconds: number | null;
}

/** Null for a block that was never written whole. */
export function parseShell(text: string): ShellRecord | null {
  const found = /^(\d+) (\d+) (\d+) (\d+) (\S+) (\S+) \.\n/.exec(text);
  if (found === null) return null;
  const [, pid, pidStart, slotPid, slotStart, bootId = '', pidNamespace = ''] = found;
  return {
    pid: Number(pid),
    pidStart: Number(pidStart),
    slotPid: Number(slotPid),
    slotStart: Number(slotStart),
    bootId,
    pidNamespace,
  };
}

/** Null for a marker that is missing or cut short: the shell starts the job only after a whole one. */
export function parseMarker(text: string): Marker | null {
  const found = /^(\d+) (\d+)\.(\d\d) \.\n$/.exec(text);
  if (found === null) return null;
  return { pid: Number(found[1]), uptimeMs: uptimeMsOf(found[2], found[3]) };
}

/** Null while the job runs. The first two lines are `times` before the job, the next two after it. */
export function parseStatus(text: string): Status | null {
  const found =
    /^(.*)\n(.*)\n(.*)\n(.*)\ncode (\d+)\nnote ([01])\nuptime (\d+)\.(\d\d)\nend\n/.exec(text);
  if (found === null) return null;
  const [, , before = '', , after = '', code, note, seconds, hundredths] = found;
  return {
    code: Number(code),
    note: note === '1',
    uptimeMs: uptimeMsOf(seconds, hundredths),
    cpuSeconds: Math.max(0, round(timesSeconds(after) - timesSeconds(before))),
  };
}

/** `0m1.234s 0m0.567s`, user and system; bash writes the locale's decimal point. */
function timesSeconds(line: string): number {
  let seconds = 0;
  for (const [, minutes, rest = ''] of line.matchAll(/(\d+)m(\d+(?:[.,]\d+)?)s/g)) {
    seconds += Number(minutes) * 60 + Number(rest.replace(',', '.'));
  }
  return seconds;
}

function uptimeMsOf(seconds: string | undefined, hundredths: string | undefined): number {
  return Number(seconds) * 1000 + Number(hundredths) * 10;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
