import { randomHex } from '../host/random.js';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { RqError, systemCode } from '../domain/error.js';
import { parseMarker, parseShell, parseStatus } from './spool-record.js';
import type { Marker, ShellRecord, Status } from './spool-record.js';

/** Bytes reserved for a status before a job is claimed, so that a full disk cannot lose its end. */
const BLOCK_BYTES = 4096;
const BLOCK = '\n'.repeat(BLOCK_BYTES);
const TOKEN = /^[0-9a-f]{16}$/;
const TOKEN_FILES = ['script', 'marker', 'status', 'shell', 'reason'];

/**
 * The attempts of one runner on local disk: `spool/TOKEN/{status,shell,script,marker,reason}`.
 *
 * `status` is written by the slot shell, `marker` by the armed shell just before it starts the job,
 * `shell` and `script` by the runner, `reason` by a job's shell that could not start its command. The
 * directory outlives runner and feeder; it goes when the feeder has settled the attempt.
 */
export class Spool {
  readonly directory: string;
  /** Random. Another id than the one stored at a claim proves nothing about that claim. */
  readonly id: string;

  constructor(localDirectory: string) {
    this.directory = join(localDirectory, 'spool');
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    this.id = readOrMakeId(join(this.directory, 'id'));
    for (const name of readdirSync(this.directory)) {
      if (name.endsWith('.gone'))
        rmSync(join(this.directory, name), { recursive: true, force: true });
    }
  }

  tokens(): string[] {
    return readdirSync(this.directory).filter((name) => TOKEN.test(name));
  }

  /** Makes the attempt's directory and its status block. Throws what the file system throws (ENOSPC). */
  prepare(token: string): void {
    const directory = this.#path(token);
    mkdirSync(directory, { mode: 0o700 });
    try {
      writeFileSync(join(directory, 'status'), BLOCK, { mode: 0o600 });
      writeFileSync(join(directory, 'shell'), BLOCK, { mode: 0o600 });
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Records who the armed shell is: before anyone may claim for it. */
  writeShell(token: string, shell: ShellRecord): void {
    const words = [
      shell.pid,
      shell.pidStart,
      shell.slotPid,
      shell.slotStart,
      shell.bootId,
      shell.pidNamespace,
    ];
    // In place: the block is there.
    writeFileSync(join(this.#path(token), 'shell'), `${words.join(' ')} .\n`, { flag: 'r+' });
  }

  /** Throws what the file system throws; then the armed shell must not get its go. */
  writeScript(token: string, script: string): void {
    writeFileSync(join(this.#path(token), 'script'), script, { mode: 0o600 });
  }

  readShell(token: string): ShellRecord | null {
    return parseShell(this.#read(token, 'shell'));
  }

  readMarker(token: string): Marker | null {
    return parseMarker(this.#read(token, 'marker'));
  }

  readStatus(token: string): Status | null {
    return parseStatus(this.#read(token, 'status'));
  }

  readReason(token: string): string | null {
    const text = this.#read(token, 'reason').trim().split('\n')[0] ?? '';
    return text === '' ? null : text;
  }

  /** Forgets an attempt. A crash in the middle leaves a name that the next runner sweeps. */
  remove(token: string): void {
    const gone = `${this.#path(token)}.gone`;
    try {
      renameSync(this.#path(token), gone);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw error;
    }
    removeDirectory(gone);
  }

  #path(token: string): string {
    return join(this.directory, token);
  }

  #read(token: string, name: string): string {
    try {
      return readFileSync(join(this.#path(token), name), 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return '';
      throw error;
    }
  }
}

function readOrMakeId(file: string): string {
  if (existsSync(file)) {
    const id = readFileSync(file, 'utf8').trim();
    if (/^[0-9a-f]{32}$/.test(id)) return id;
  }
  const id = randomHex(16);
  const aside = `${file}.${process.pid}`;
  try {
    writeFileSync(aside, `${id}\n`, { mode: 0o600 });
    renameSync(aside, file);
  } catch (cause) {
    throw new RqError('local-directory', `cannot write ${file}`, { cause });
  }
  return id;
}

/** Names its files: half the system calls of a recursive removal, and this runs for every job. */
function removeDirectory(directory: string): void {
  try {
    for (const name of TOKEN_FILES) unlinkIfThere(join(directory, name));
    rmdirSync(directory);
  } catch {
    rmSync(directory, { recursive: true, force: true });
  }
}

function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
