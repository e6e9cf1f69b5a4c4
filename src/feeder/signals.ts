import type { Log } from '../log.js';
import type { Feeder, FeederMode } from './feeder.js';

/** Ruby Queue's signals; a handler only takes a note, the loop acts. */
const MODES: readonly (readonly [NodeJS.Signals, FeederMode])[] = [
  ['SIGTERM', 'draining'],
  ['SIGINT', 'draining'],
  ['SIGHUP', 'leaving'],
  ['SIGQUIT', 'stopping'],
];

/** Returns how to stop listening. */
export function listenToSignals(feeder: Feeder, log: Log): () => void {
  const listeners = MODES.map(([signal, mode]) => {
    const listener = (): void => {
      log.info('feeder.signalled', { signal, mode });
      feeder.order(mode);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const stop of listeners) stop();
  };
}
