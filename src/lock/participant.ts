import {
  chmodSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  statSync,
  statfsSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../domain/error.js';
import { monotonicMs, uptimeMs } from '../host/uptime.js';
import { type BeatParams, writeBeat } from './beat.js';
import { type BeatState, SLOT, beatState, get, set } from './beat-state.js';
import { newParticipantId } from './entries.js';
import { beatIdentity } from './record.js';

/** What statfs(2) says of file systems whose page cache all observers share: ext, xfs, btrfs, tmpfs, zfs, f2fs. */
const LOCAL_FILE_SYSTEMS = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0xf2f52010,
]);

/** When the file server stamped our heartbeat file, by its clock and by ours. */
export interface Stamp {
  /** Epoch ms, the server's mtime. */
  readonly serverMs: number;
  /** Our monotonic clock right after that beat. */
  readonly monotonicMs: number;
}

/**
 * This process as one of those that want the lease of a directory: its heartbeat file, kept open
 * from the first acquisition to the end of the process.
 *
 * The descriptor is never closed, not even when the file has to be made anew: the beat worker writes
 * through its number, and a closed number may be the database file a moment later.
 */
export class Participant {
  readonly directory: string;
  readonly id: string;
  readonly state: BeatState;
  #file: string | null = null;
  #files = 0;
  #stamp: Stamp = { serverMs: 0, monotonicMs: 0 };
  #params: BeatParams | null = null;

  constructor(directory: string) {
    this.directory = directory;
    this.id = newParticipantId();
    this.state = beatState();
  }

  get stamp(): Stamp {
    return this.#stamp;
  }

  get descriptor(): number {
    return get(this.state, SLOT.descriptor);
  }

  /** Path of the heartbeat file; made if there is none yet. */
  file(): string {
    return this.#file ?? this.#make();
  }

  /** What a beat needs, for the worker. Call it after the first `file()`. */
  get params(): BeatParams {
    this.#params ??= {
      directory: this.directory,
      identity: beatIdentity(this.id),
      sync: !LOCAL_FILE_SYSTEMS.has(statfsSync(this.directory).type),
    };
    return this.#params;
  }

  /** The beat just before an acquisition: it starts the holder's time and brings the server's stamp. */
  beatFirst(): void {
    this.file();
    const { serverMs, monotonicMs: at } = this.#stamp;
    set(this.state, SLOT.since, serverMs + monotonicMs() - at);
    const start = uptimeMs();
    writeBeat(this.state, this.params);
    const end = monotonicMs();
    this.#stamp = { serverMs: fstatSync(this.descriptor).mtimeMs, monotonicMs: end };
    set(this.state, SLOT.beatStart, start);
    set(this.state, SLOT.moved, start);
  }

  /** The heartbeat file is no longer where it was: somebody emptied the directory. */
  forgetFile(): void {
    this.#file = null;
  }

  /** At the end of the process. A link that holds a generation keeps the inode. */
  remove(): void {
    if (this.#file === null) return;
    try {
      unlinkSync(this.#file);
    } catch {
      // Left to the next holder's clean-up.
    }
    this.#file = null;
  }

  #make(): string {
    const directory = statOrMake(this.directory);
    this.#files += 1;
    const suffix = this.#files.toString(16).padStart(2, '0');
    const file = join(this.directory, `p.${this.id}${suffix}`);
    // Not exclusive: the name is new by its random part, and an answer that got lost on the way
    // from the server would turn into EEXIST.
    const descriptor = openSync(file, 'w+', 0o600);
    const isGroupQueue = (directory.mode & 0o020) !== 0;
    const made = fstatSync(descriptor);
    if (isGroupQueue && made.gid !== directory.gid) joinGroup(descriptor, directory.gid);
    // The umask must not keep the group from reading who holds the lease.
    if (isGroupQueue && (made.mode & 0o777) !== 0o660) fchmodSync(descriptor, 0o660);
    set(this.state, SLOT.descriptor, descriptor);
    this.#stamp = { serverMs: made.mtimeMs, monotonicMs: monotonicMs() };
    this.#file = file;
    return file;
  }
}

function joinGroup(descriptor: number, gid: number): void {
  try {
    fchownSync(descriptor, process.getuid?.() ?? 0, gid);
  } catch (error) {
    // The queue's group is not one of ours; our own accounts on other hosts can still read it.
    if (systemCode(error) !== 'EPERM') throw error;
  }
}

/** Makes a lease directory that somebody removed; without the queue directory it throws ENOENT. */
function statOrMake(directory: string): { mode: number; gid: number } {
  try {
    return statSync(directory);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const parent = statSync(dirname(directory));
  try {
    mkdirSync(directory);
    chmodSync(directory, parent.mode & 0o7777);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  return statSync(directory);
}
