import { linkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../domain/error.js';
import { monotonicMs } from '../host/uptime.js';
import { writeBeat } from './beat.js';
import { SLOT, set } from './beat-state.js';
import { CleanUp } from './clean-up.js';
import { type LeaseEntries, freeName, heldName } from './entries.js';
import { isLinkOf, renameOwn } from './link.js';
import { listEntries } from './look.js';
import { Participant } from './participant.js';
import { DEFAULT_LEASE_TIMES, type LeaseTimes } from './times.js';
import { LookCost } from './wait.js';
import { Watch } from './watch.js';

/** Far outside what any clock says: proper-lockfile's own comparison of clocks can then decide nothing. */
const NEVER_STALE = new Date(8.64e15);
const ALWAYS_STALE = new Date(-8.64e15);

/** How the present hold was won. */
export interface Hold {
  readonly generation: number;
  readonly stole: boolean;
  /** The generation before it was not there: a new queue, or somebody emptied the directory. */
  readonly wasEmpty: boolean;
}

export interface LeaseTerms {
  /** Numbers rise above it, whatever became of the directory. */
  readonly floor: () => number;
  readonly times: LeaseTimes;
}

/**
 * The file system that proper-lockfile believes to work on: its mkdir, stat, utimes and rmdir of a
 * lock directory, told as the life of generation links (entries.ts has the names).
 *
 *     mkdir           links our heartbeat file as g.<N+1>.held; one link() wins, whoever else tries
 *     stat (foreign)  an mtime that is never stale, or always: the verdict of `Watch`
 *     rmdir (foreign) removes nothing; it permits the next mkdir to supersede exactly what was seen
 *     stat, utimes    of our own: still the only maximum? then beat
 *     rmdir (own)     renames to g.<N>.free
 *
 * Nothing foreign is ever removed by one who takes over, so two who think the same holder dead
 * cannot remove each other's new lease, which is what the plain lock directory does.
 */
export class LeaseFiles {
  readonly participant: Participant;
  readonly watch: Watch;
  /** Of the look that begins each attempt: the unit in which waiters measure their delays. */
  readonly cost = new LookCost();
  readonly #cleanUp: CleanUp;
  readonly #link: typeof linkSync;
  #terms: LeaseTerms = { floor: () => 0, times: DEFAULT_LEASE_TIMES };
  #entries: LeaseEntries | null = null;
  #permit: { generation: number; nonce: string; beat: number } | null = null;
  #hold: Hold | null = null;
  #ownMtime = new Date();
  /** From mkdir until `settled`: proper-lockfile probes the precision of mtimes, which needs no I/O. */
  #isProbing = false;

  /** `link` is for a test that loses the server's answer. */
  constructor(directory: string, link: typeof linkSync = linkSync) {
    this.participant = new Participant(directory);
    this.watch = new Watch(directory, this.participant.id);
    this.#cleanUp = new CleanUp(this.participant);
    this.#link = link;
  }

  /** For the next acquisition. */
  prepare(terms: LeaseTerms): void {
    this.#terms = terms;
    if (this.#hold !== null) return;
    set(this.participant.state, SLOT.beatMs, terms.times.beatMs);
    set(this.participant.state, SLOT.selfLimitMs, terms.times.selfLimitMs);
  }

  get hold(): Hold | null {
    return this.#hold;
  }

  /** The last look at the directory. */
  get entries(): LeaseEntries | null {
    return this.#entries;
  }

  /** proper-lockfile is done with its probing: from now on stat and utimes do what they say. */
  settled(): void {
    this.#isProbing = false;
  }

  /** By a fresh look: are we the one holder of the highest generation? */
  isHeld(): boolean {
    if (this.#hold === null) return false;
    this.#entries = listEntries(this.participant.directory);
    return this.#isOurs(this.#hold.generation);
  }

  mkdirSync(): void {
    if (this.#hold !== null) throw failure('EEXIST');
    const entries = (this.#entries = this.#list());
    const stole = entries.held;
    if (stole && !this.#mayTakeOver(entries.maximum)) throw failure('EEXIST');
    const generation = Math.max(entries.maximum, this.#terms.floor()) + 1;
    this.#linkAs(generation);
    this.#entries = listEntries(this.participant.directory);
    if (!this.#isOurs(generation)) {
      // Somebody is further on: we linked a number that had its time while we were looking.
      this.#withdraw(generation);
      throw failure('EEXIST');
    }
    this.#hold = { generation, stole, wasEmpty: isAfterGap(entries, generation) };
    this.#isProbing = true;
    this.#ownMtime = new Date();
    set(this.participant.state, SLOT.generation, generation);
    this.#cleanUp.run(this.#entries, generation);
  }

  statSync(): { mtime: Date } {
    if (this.#hold !== null) {
      if (!this.#isProbing && !this.isHeld()) throw failure('ENOENT');
      return { mtime: this.#ownMtime };
    }
    const entries = (this.#entries ??= this.#list());
    if (!entries.held) throw failure('ENOENT');
    const verdict = this.watch.look(entries.maximum, this.#terms.times, false);
    return { mtime: verdict?.isOver === true ? ALWAYS_STALE : NEVER_STALE };
  }

  utimesSync(mtime: Date): void {
    if (this.#hold === null) throw failure('ENOENT');
    if (!this.#isProbing) {
      if (!this.isHeld()) throw failure('ENOENT');
      writeBeat(this.participant.state, this.participant.params);
    }
    this.#ownMtime = mtime;
  }

  rmdirSync(): void {
    if (this.#hold !== null) {
      this.#letGo(this.#hold.generation);
      return;
    }
    const entries = this.#entries;
    if (entries === null || !entries.held) return;
    const verdict = this.watch.look(entries.maximum, this.#terms.times, false);
    if (verdict === null || !verdict.isOver) return;
    const { nonce, beat } = verdict.record;
    this.#permit = { generation: verdict.generation, nonce, beat };
  }

  /** Gives the lease back, if it is held: also what proper-lockfile does at the end of the process. */
  #letGo(generation: number): void {
    this.#hold = null;
    set(this.participant.state, SLOT.generation, 0);
    const { directory, descriptor } = this.participant;
    const held = join(directory, heldName(generation));
    // After the directory was emptied, the same number may be somebody else's.
    if (!isLinkOf(held, descriptor)) return;
    renameOwn(held, join(directory, freeName(generation)));
  }

  /** The permit is for one generation, owner and beat: a holder that moved since keeps its lease. */
  #mayTakeOver(generation: number): boolean {
    const permit = this.#permit;
    this.#permit = null;
    if (permit === null || permit.generation !== generation) return false;
    const verdict = this.watch.look(generation, this.#terms.times, true);
    return (
      verdict !== null &&
      verdict.isOver &&
      verdict.record.nonce === permit.nonce &&
      verdict.record.beat === permit.beat
    );
  }

  /** Links our heartbeat file as holder of `generation`, or throws EEXIST when another one did. */
  #linkAs(generation: number): void {
    const name = join(this.participant.directory, heldName(generation));
    for (let attempt = 1; ; attempt += 1) {
      this.participant.beatFirst();
      try {
        this.#link(this.participant.file(), name);
        return;
      } catch (error) {
        // The link may be there all the same: the server did it and its answer was lost.
        if (isLinkOf(name, this.participant.descriptor)) return;
        if (systemCode(error) !== 'ENOENT' || attempt > 1) throw error;
        this.participant.forgetFile();
      }
    }
  }

  #withdraw(generation: number): void {
    const name = join(this.participant.directory, heldName(generation));
    if (!isLinkOf(name, this.participant.descriptor)) return;
    try {
      unlinkSync(name);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  #isOurs(generation: number): boolean {
    const { entries } = this;
    if (entries === null || entries.maximum !== generation || !entries.held) return false;
    const { directory, descriptor } = this.participant;
    return isLinkOf(join(directory, heldName(generation)), descriptor);
  }

  #list(): LeaseEntries {
    const began = monotonicMs();
    try {
      const entries = listEntries(this.participant.directory);
      this.cost.add(monotonicMs() - began);
      return entries;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      // Somebody removed the lease directory: made anew, if the queue is still there.
      this.participant.forgetFile();
      this.participant.file();
      return listEntries(this.participant.directory);
    }
  }
}

/** Whether numbers that were given are missing before `generation`: somebody emptied the directory. */
function isAfterGap({ maximum }: LeaseEntries, generation: number): boolean {
  return maximum === 0 || maximum < generation - 1;
}

function failure(code: 'EEXIST' | 'ENOENT'): Error {
  return Object.assign(new Error(`${code}: lease`), { code });
}
