import { closeSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { uptimeMs } from '../host/uptime.js';
import { isOwnerGone } from './entries.js';

/** One who has failed for this long says so. */
export const MARK_AFTER_MS = 250;
/** A waiter renames its mark this often: an old name is a dead waiter's. */
const RENEW_EVERY_MS = 5_000;
const LIVE_MS = 15_000;

/** The mark of this process while it waits: an empty file that asks busy holders to stand back once. */
export class OwnMark {
  readonly #directory: string;
  readonly #id: string;
  #name: string | null = null;
  #count = 0;
  #madeAt = 0;

  constructor(directory: string, id: string) {
    this.#directory = directory;
    this.#id = id;
  }

  /** Leaves the mark, or renews it when it is due. It is courtesy: a failure is no error. */
  keep(): void {
    const now = uptimeMs();
    if (this.#name !== null && now - this.#madeAt < RENEW_EVERY_MS) return;
    this.#count += 1;
    const name = join(this.#directory, `w.${this.#id}.${this.#count}`);
    try {
      if (this.#name === null) closeSync(openSync(name, 'w', 0o600));
      else renameSync(this.#name, name);
      this.#name = name;
    } catch {
      this.#name = null;
    }
    this.#madeAt = now;
  }

  remove(): void {
    if (this.#name === null) return;
    try {
      unlinkSync(this.#name);
    } catch {
      // Removed by a holder's clean-up, or left to it.
    }
    this.#name = null;
  }
}

/** What this process saw of others' marks, so that those of dead waiters stop counting. */
export class ForeignMarks {
  readonly #id: string;
  #firstSeen = new Map<string, number>();

  constructor(id: string) {
    this.#id = id;
  }

  /** Whether somebody else waits, by the marks of the latest look. */
  anyLive(marks: readonly string[]): boolean {
    const now = uptimeMs();
    const seen = new Map<string, number>();
    for (const name of marks) {
      if (name.startsWith(`w.${this.#id}`)) continue;
      seen.set(name, this.#firstSeen.get(name) ?? now);
    }
    this.#firstSeen = seen;
    for (const [name, since] of seen) {
      if (now - since < LIVE_MS && !isOwnerGone(name)) return true;
    }
    return false;
  }
}
