import { closeSync, writeSync } from 'node:fs';
import { systemCode } from '../domain/error.js';

/** In a successor's environment: the pid of the feeder that hands over to it, or `runner` where one died. */
export const PREDECESSOR_VARIABLE = 'RQ_PREDECESSOR';
/** In a daemon's environment: the descriptor on which its parent waits for "ready". */
export const READY_VARIABLE = 'RQ_READY_FD';
export const READY_LINE = 'ready\n';

/** How this feeder was started. */
export interface Birth {
  /** Where to say that it feeds; null: nobody waits. */
  readonly readyDescriptor: number | null;
  readonly isSuccessor: boolean;
}

/** True in the process that is to feed itself, not to start a daemon that does. */
export function isDaemonItself(): boolean {
  return READY_VARIABLE in process.env || PREDECESSOR_VARIABLE in process.env;
}

/** Reads and clears the variables: no runner and no job may inherit them. */
export function takeBirth(): Birth {
  const descriptor = Number(process.env[READY_VARIABLE]);
  const isSuccessor = PREDECESSOR_VARIABLE in process.env;
  delete process.env[READY_VARIABLE];
  delete process.env[PREDECESSOR_VARIABLE];
  const isUsable = Number.isInteger(descriptor) && descriptor >= 3;
  return { readyDescriptor: isUsable ? descriptor : null, isSuccessor };
}

/** Tells whoever started this daemon that it truly feeds: it holds its place, its runner answers, the queue knows it. */
export function announceReady({ readyDescriptor }: Birth): void {
  if (readyDescriptor === null) return;
  try {
    writeSync(readyDescriptor, READY_LINE);
    closeSync(readyDescriptor);
  } catch (error) {
    // The parent was interrupted and is gone: feeding does not depend on it.
    if (systemCode(error) === null) throw error;
  }
}
