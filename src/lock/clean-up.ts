import { lstatSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicMs } from '../host/uptime.js';
import { type LeaseEntries, isOwnerGone } from './entries.js';
import type { Participant } from './participant.js';

/** Names of this host are looked through this often; a dead process leaves one small file. */
const OWN_HOST_EVERY_MS = 30_000;
/** Files of other hosts cost a request each: few of them, seldom. */
const FOREIGN_EVERY_MS = 600_000;
const FOREIGN_AT_ONCE = 2;
/** By the file server's stamps: untouched for a day. A live process makes its file anew. */
const FOREIGN_AGE_MS = 86_400_000;

/**
 * What only the holder of the lease removes: lower generations, and the files of processes that are
 * provably gone from this host or that nobody has touched for a day.
 */
export class CleanUp {
  readonly #participant: Participant;
  #ownHostAt = -Infinity;
  #foreignAt = -Infinity;

  constructor(participant: Participant) {
    this.#participant = participant;
  }

  run(entries: LeaseEntries, generation: number): void {
    for (const entry of entries.generations) {
      if (entry.generation < generation) this.#remove(entry.name);
    }
    const now = monotonicMs();
    if (now - this.#ownHostAt < OWN_HOST_EVERY_MS) return;
    this.#ownHostAt = now;
    const others = [...entries.participants, ...entries.marks].filter(
      (name) => !name.startsWith(this.#participant.id, 2),
    );
    const gone = others.filter(isOwnerGone);
    for (const name of gone) this.#remove(name);
    if (now - this.#foreignAt < FOREIGN_EVERY_MS) return;
    this.#foreignAt = now;
    const rest = others.filter((name) => !gone.includes(name));
    for (let count = 0; count < FOREIGN_AT_ONCE && rest.length > 0; count += 1) {
      const [name] = rest.splice(Math.floor(Math.random() * rest.length), 1);
      if (name !== undefined && this.#isForgotten(name)) this.#remove(name);
    }
  }

  #isForgotten(name: string): boolean {
    try {
      const { mtimeMs } = lstatSync(join(this.#participant.directory, name));
      return this.#participant.stamp.serverMs - mtimeMs > FOREIGN_AGE_MS;
    } catch {
      return false;
    }
  }

  #remove(name: string): void {
    try {
      unlinkSync(join(this.#participant.directory, name));
    } catch {
      // Somebody else's to remove (a sticky directory), or gone: lower numbers and dead files do no harm.
    }
  }
}
