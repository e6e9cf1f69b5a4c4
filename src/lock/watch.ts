import { isSameHost } from '../host/identity.js';
import { isProcessGone } from '../host/process.js';
import { UPTIME_STEP_MS, uptimeMs } from '../host/uptime.js';
import { readHolder } from './look.js';
import type { BeatRecord } from './record.js';
import { type LeaseTimes, lookGapMsMax, peekEveryMs } from './times.js';

interface Sighting {
  readonly generation: number;
  readonly record: BeatRecord;
  /** Uptime at the end of the first look that saw this generation, owner and beat. */
  readonly firstSeen: number;
  /** Uptime at the start of the last successful look. */
  readonly lastSeen: number;
  readonly generationFirstSeen: number;
}

/** Whom we saw hold which generation, and whether that holder may be superseded. */
export interface Verdict {
  readonly generation: number;
  readonly record: BeatRecord;
  readonly isOver: boolean;
}

/**
 * Watches the holder of a lease.
 *
 * No clock of another host enters: a holder is over when its generation, owner and beat stayed
 * unchanged over the TTL of this process's own time, in looks without a wide gap between them; or at
 * once when it is on this host and its process is gone.
 */
export class Watch {
  readonly #directory: string;
  readonly #ownId: string;
  #sighting: Sighting | null = null;

  constructor(directory: string, ownId: string) {
    this.#directory = directory;
    this.#ownId = ownId;
  }

  /** The last holder seen; null before the first. */
  get sighting(): Pick<Sighting, 'generation' | 'record'> | null {
    return this.#sighting;
  }

  /** For how long we have known this generation to be held, ms. */
  heldMsAtLeast(): number {
    return this.#sighting === null ? 0 : uptimeMs() - this.#sighting.generationFirstSeen;
  }

  /** Looks at the holder of `generation`; null when the look failed, which is no news of it. */
  look(generation: number, times: LeaseTimes, mustRead: boolean): Verdict | null {
    const start = uptimeMs();
    const last = this.#sighting;
    const isRecent =
      last !== null && last.generation === generation && start - last.lastSeen < peekEveryMs(times);
    if (isRecent && !mustRead) return this.#verdict(last, times);
    const record = readHolder(this.#directory, generation);
    if (record === null) return null;
    const end = uptimeMs();
    const isSameGeneration = last !== null && last.generation === generation;
    const isUnchanged =
      isSameGeneration &&
      last.record.nonce === record.nonce &&
      last.record.beat === record.beat &&
      // From the start of the look before to the end of this one: nothing longer went unobserved.
      end - last.lastSeen <= lookGapMsMax(times);
    const sighting = {
      generation,
      record,
      firstSeen: isUnchanged ? last.firstSeen : end,
      lastSeen: start,
      generationFirstSeen: isSameGeneration ? last.generationFirstSeen : end,
    };
    this.#sighting = sighting;
    return this.#verdict(sighting, times);
  }

  #verdict(sighting: Sighting, times: LeaseTimes): Verdict {
    const { generation, record } = sighting;
    const isSilent = sighting.lastSeen - sighting.firstSeen >= times.ttlMs + UPTIME_STEP_MS;
    return {
      generation,
      record,
      isOver: isSilent || this.#isOurLeftover(record) || isProvenOver(record),
    };
  }

  /** A release of ours that failed half way: who asks does not hold, and nobody else has our id. */
  #isOurLeftover(record: BeatRecord): boolean {
    return record.nonce === this.#ownId;
  }
}

/** `RQ_TEST_NO_HOST_PROOF=1` lets a test on one host play several. */
function isProvenOver(record: BeatRecord): boolean {
  if (process.env['RQ_TEST_NO_HOST_PROOF'] === '1') return false;
  return isSameHost(record) && isProcessGone(record.pid, record.pidStart);
}
