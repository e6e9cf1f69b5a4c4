import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Mount {
  readonly type: string;
  /** Those of the mount and those of the file system. */
  readonly options: readonly string[];
  readonly source: string;
  readonly mountPoint: string;
}

export interface MountProblem {
  readonly problem: string;
  /** What to change, in words for the machine's owner. */
  readonly cure: string;
}

/** File systems of one kernel, whose POSIX locks and page cache all processes that see them share. */
const LOCAL_TYPES = new Set(
  'bcachefs btrfs ext2 ext3 ext4 f2fs jfs overlay ramfs reiserfs tmpfs xfs zfs'.split(' '),
);

/**
 * The mount that holds `path`, which must be absolute and free of links.
 *
 * It reads /proc/self/mountinfo only: a file server that does not answer cannot make it wait.
 */
export function mountOf(path: string): Mount {
  const mount = mountIn(readFileSync('/proc/self/mountinfo', 'utf8'), path);
  if (mount === null) throw new Error(`no mount in /proc/self/mountinfo holds ${path}`);
  return mount;
}

/** As `mountOf`, of the text of a mountinfo file. Format: proc_pid_mountinfo(5). */
export function mountIn(mountinfo: string, path: string): Mount | null {
  const wanted = resolve(path);
  let found: Mount | null = null;
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    if (before === undefined || after === undefined) continue;
    const [, , , , point, options] = before.split(' ');
    const [type, source, superOptions] = after.split(' ');
    if (point === undefined || type === undefined) continue;
    const mountPoint = unescape(point);
    const holds = mountPoint === '/' || `${wanted}/`.startsWith(`${mountPoint}/`);
    // Of two mounts on one point the later hides the earlier.
    if (!holds || (found !== null && mountPoint.length < found.mountPoint.length)) continue;
    found = {
      type,
      source: unescape(source ?? ''),
      mountPoint,
      options: [...new Set(`${options ?? ''},${superOptions ?? ''}`.split(','))].filter(Boolean),
    };
  }
  return found;
}

/** What about the mount of `path` could lose data; none: it is safe as far as its options tell. */
export function checkMount(path: string): MountProblem[] {
  return mountProblems(mountOf(path), recoversLostLocks());
}

/** As `checkMount`, of a mount already read. */
export function mountProblems(mount: Mount, recoverLostLocks: boolean): MountProblem[] {
  const at = mount.mountPoint;
  if (LOCAL_TYPES.has(mount.type)) return [];
  if (mount.type !== 'nfs' && mount.type !== 'nfs4') {
    return [
      {
        problem: `${at} is a ${mount.type} file system, which is not known to lock files between hosts`,
        cure: 'put the queue on a local disk or on NFS',
      },
    ];
  }
  const problems = NFS_OPTIONS.filter(({ pattern }) =>
    mount.options.some((option) => pattern.test(option)),
  ).map(({ problem, cure }) => ({ problem: `${at} is mounted with ${problem}`, cure }));
  if (recoverLostLocks) {
    problems.push({
      problem:
        'the NFS client is told to recover lost locks (nfs.recover_lost_locks=1): a host that was cut off would overwrite what others wrote',
      cure: 'set the nfs module option recover_lost_locks=0, the default',
    });
  }
  return problems;
}

const NFS_OPTIONS = [
  {
    pattern: /^(nolock|local_lock=(all|posix))$/,
    problem: 'locks that end at this host (nolock or local_lock)',
    cure: 'mount it with lock and local_lock=none, the defaults',
  },
  {
    pattern: /^(soft|softerr)$/,
    problem: 'soft: a slow server makes writes fail half way',
    cure: 'mount it with hard, the default',
  },
  {
    pattern: /^nocto$/,
    problem: 'nocto: this host would work with outdated copies',
    cure: 'mount it with cto, the default',
  },
];

function recoversLostLocks(): boolean {
  try {
    const text = readFileSync('/sys/module/nfs/parameters/recover_lost_locks', 'latin1').trim();
    return text === 'Y' || text === '1';
  } catch {
    // No NFS client is loaded.
    return false;
  }
}

/** Blank, tab, newline and backslash are written as three octal digits. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}
