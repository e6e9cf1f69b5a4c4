import { constants } from 'node:os';
import type { Ending } from './protocol.js';
import type { Marker, Status } from './spool-record.js';

/** A shell's `$?` is this and the number of the signal when a signal ended its child. */
const SIGNAL_BASE = 128;
/** /proc/uptime counts hundredths: two readings and our own delay may lie this far from a better clock. */
const UPTIME_TOLERANCE_MS = 60;

export interface EndedParams {
  readonly token: string;
  readonly status: Status;
  readonly marker: Marker;
  /** From go to end as this runner itself saw it, or null for an adopted attempt. */
  readonly seenMs: number | null;
  readonly maxRssKib: number | null;
  readonly reason: string | null;
}

/** The ending of an attempt whose slot shell saw it end. */
export function endedAs(params: EndedParams): Ending {
  const { status } = params;
  const signal =
    status.note && status.code > SIGNAL_BASE ? signalName(status.code - SIGNAL_BASE) : null;
  return {
    token: params.token,
    outcome: 'ended',
    exitStatus: signal === null ? status.code : null,
    signal,
    elapsedSeconds: elapsedMs(params) / 1000,
    cpuSeconds: status.cpuSeconds,
    maxRssKib: params.maxRssKib,
    reason: params.reason,
  };
}

/** `reason`: why it got no go, where that is known. */
export function unrunAs(token: string, reason: string | null = null): Ending {
  return { ...withoutResult(token, 'unrun', null), reason };
}

export function lostAs(token: string, maxRssKib: number | null): Ending {
  return withoutResult(token, 'lost', maxRssKib);
}

function withoutResult(token: string, outcome: 'unrun' | 'lost', maxRssKib: number | null): Ending {
  return {
    token,
    outcome,
    exitStatus: null,
    signal: null,
    elapsedSeconds: null,
    cpuSeconds: null,
    maxRssKib,
    reason: null,
  };
}

function elapsedMs(params: EndedParams): number {
  const spooled = Math.max(0, params.status.uptimeMs - params.marker.uptimeMs);
  const seen = params.seenMs;
  // Ours is finer, but it is late when this process was busy or stopped.
  if (seen === null || Math.abs(seen - spooled) > UPTIME_TOLERANCE_MS) return spooled;
  return Math.round(seen);
}

/** `SIGKILL` for 9. Real-time signals have no name in Node: `SIG34`. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? `SIG${number}` : found[0];
}
