import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { RqError, systemCode } from '../domain/error.js';
import { machineId } from './identity.js';

/** statfs(2). */
const NFS_MAGIC = 0x6969;
/** A Unix socket's address holds 108 bytes with the final NUL; Node 20 cuts a longer path silently. */
const SOCKET_PATH_BYTES_MAX = 107;
/** Room for a slash and the longest name of a socket in the directory, its temporary twin included. */
const SOCKET_NAME_BYTES = 24;

export interface LocalDirectoryParams {
  readonly uuid: string;
  /** Device and inode of the queue directory: a copy of a queue shares its uuid. */
  readonly directoryDev: number;
  readonly directoryIno: number;
  /** Name of the node, by which several may run on one host. */
  readonly node: string;
  /** Instead of `RQ_LOCAL` or /var/tmp, which outlives logout and reboot and which cron sees too. */
  readonly base?: string;
}

/**
 * The directory on this host for socket, locks and spool of one node of one queue; made if missing.
 *
 * It must be ours alone: who can write there can make the runner run anything.
 *
 * @throws RqError `local-directory` when it belongs to somebody else, is open to others, a link, on
 * NFS, or its path too long for a socket.
 */
export function localDirectory(params: LocalDirectoryParams): string {
  const base = params.base ?? process.env['RQ_LOCAL'] ?? '/var/tmp';
  const uid = process.getuid?.() ?? 0;
  const name = createHash('sha256')
    .update(
      [params.uuid, params.directoryDev, params.directoryIno, machineId(), params.node].join('\0'),
    )
    .digest('hex')
    .slice(0, 16);
  const parent = join(base, `rq-${uid}`);
  const directory = join(parent, name);
  checkSocketPath(directory, base);
  makePrivate(parent, uid);
  checkLocal(parent);
  makePrivate(directory, uid);
  return directory;
}

function checkSocketPath(directory: string, base: string): void {
  const spare = SOCKET_PATH_BYTES_MAX - Buffer.byteLength(directory) - SOCKET_NAME_BYTES;
  if (spare >= 0) return;
  throw new RqError(
    'local-directory',
    `${base} is ${-spare} bytes too long for a socket's path: set RQ_LOCAL to a shorter local directory`,
  );
}

function makePrivate(directory: string, uid: number): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') {
      throw new RqError('local-directory', `cannot make ${directory}`, { cause: error });
    }
  }
  const stat = lstatSync(directory);
  const cure = 'remove it or set RQ_LOCAL to another local directory';
  if (stat.isSymbolicLink()) {
    throw new RqError('local-directory', `${directory} is a link of uid ${stat.uid}: ${cure}`);
  }
  if (!stat.isDirectory()) {
    throw new RqError('local-directory', `${directory} is not a directory: ${cure}`);
  }
  if (stat.uid !== uid) {
    throw new RqError(
      'local-directory',
      `${directory} belongs to uid ${stat.uid}, not to you (uid ${uid}): set RQ_LOCAL to another local directory`,
    );
  }
  const mode = stat.mode & 0o777;
  if (mode !== 0o700) {
    throw new RqError(
      'local-directory',
      `${directory} has mode 0${mode.toString(8)}, not 0700: see who used it, then chmod 700`,
    );
  }
}

function checkLocal(directory: string): void {
  if (statfsSync(directory).type !== NFS_MAGIC) return;
  throw new RqError(
    'local-directory',
    `${directory} is on NFS: set RQ_LOCAL to a directory on a disk of this host`,
  );
}
