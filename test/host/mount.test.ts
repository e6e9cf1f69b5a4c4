import test from 'ava';
import { type Mount, checkMount, mountIn, mountOf, mountProblems } from '../../src/host/mount.js';

const MOUNTINFO = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:45 / /srv rw,noatime shared:9 master:3 - nfs4 server:/export rw,vers=4.2,hard,local_lock=none
31 22 0:46 / /srv/a\\040b rw - nfs server:/a\\040b rw,vers=3,soft,nolock,local_lock=all
32 22 0:47 / /over rw - tmpfs tmpfs rw
33 32 0:48 / /over rw - cifs //server/share rw
`;
const at = (path: string): Mount => {
  const mount = mountIn(MOUNTINFO, path);
  if (mount === null) throw new Error(path);
  return mount;
};

test('the mount of a path is the deepest, and the latest of two on one point', (t) => {
  t.is(at('/home/ann').type, 'ext4');
  t.is(at('/srvice').mountPoint, '/');
  t.is(at('/srv').type, 'nfs4');
  t.is(at('/srv/queue/db').source, 'server:/export');
  t.is(at('/srv/a b/queue').source, 'server:/a b');
  t.is(at('/over/x').type, 'cifs');
  t.true(at('/srv').options.includes('noatime') && at('/srv').options.includes('vers=4.2'));
});

test('local file systems and NFS with its default options are fine', (t) => {
  t.deepEqual(mountProblems(at('/'), true), []);
  t.deepEqual(mountProblems(at('/srv'), false), []);
});

test('options that lose data are named with their cure', (t) => {
  const problems = mountProblems(at('/srv/a b'), false);
  t.is(problems.length, 2);
  t.regex(problems[0]?.problem ?? '', /locks that end at this host/);
  t.regex(problems[1]?.problem ?? '', /soft/);
  t.regex(problems[1]?.cure ?? '', /hard/);
  const nocto = { ...at('/srv'), options: ['rw', 'nocto'] };
  t.regex(mountProblems(nocto, false)[0]?.problem ?? '', /nocto/);
  t.regex(mountProblems(at('/srv'), true)[0]?.problem ?? '', /recover_lost_locks/);
});

test('a file system that is not known to lock between hosts needs its owner to say so', (t) => {
  t.regex(mountProblems(at('/over'), false)[0]?.problem ?? '', /cifs file system/);
});

test('this machine has a mount for every path', (t) => {
  t.is(mountOf('/proc/self').type, 'proc');
  t.is(checkMount('/proc').length, 1);
});
