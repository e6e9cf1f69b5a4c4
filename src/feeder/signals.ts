import type { Log } from '../log.js';
import type { Feeder, FeederMode } from './feeder.js';

/** Ruby Queue's signals; a handler only takes a note, the loop acts. */
const MODES: readonly (readonly [NodeJS.Signals, FeederMode])[] = [
  ['SIGTERM', 'draining'],
  ['SIGINT', 'draining'],
  ['SIGHUP', 'leaving'],
  ['SIGQUIT', 'stopping'],
];

/**
 * The orders that came by signal, for whichever feeder is at work: one may come while the runner is
 * being replaced, and must neither be lost nor end this process at once.
 */
export class Orders {
  readonly #log: Log;
  readonly #onEnding: () => void;
  readonly #given: FeederMode[] = [];
  #feeder: Feeder | null = null;
  #stops: (() => void)[] = [];

  /** `onEnding` is called when the feeder is told to end for good, not to hand over. */
  constructor(log: Log, onEnding: () => void) {
    this.#log = log;
    this.#onEnding = onEnding;
  }

  /** From now on `feeder` obeys, also what was ordered before. */
  obeyedBy(feeder: Feeder): void {
    this.#feeder = feeder;
    for (const mode of this.#given) feeder.order(mode);
    if (this.#stops.length === 0) this.#stops = MODES.map((order) => this.#listen(order));
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #listen([signal, mode]: (typeof MODES)[number]): () => void {
    const listener = (): void => {
      this.#log.info('feeder.signalled', { signal, mode });
      this.#given.push(mode);
      if (mode !== 'leaving') this.#onEnding();
      this.#feeder?.order(mode);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  }
}
