import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import {
  bootId,
  hostName,
  isSameHost,
  machineId,
  pidNamespace,
  shortHostName,
  thisProcess,
  userName,
} from '../../src/host/identity.js';
import {
  isProcessGone,
  processesWithToken,
  readProcessStat,
  sessionProcesses,
} from '../../src/host/process.js';
import { monotonicMs, uptimeMs } from '../../src/host/uptime.js';

test('both clocks go forward in milliseconds', async (t) => {
  const [uptime, monotonic] = [uptimeMs(), monotonicMs()];
  await new Promise((done) => setTimeout(done, 100));
  const passed = monotonicMs() - monotonic;
  t.true(passed >= 99, String(passed));
  t.true(Math.abs(uptimeMs() - uptime - passed) <= 40);
});

test('a process is named by host, boot, namespace, pid and start', (t) => {
  const me = thisProcess();
  t.is(me.pid, process.pid);
  t.is(me.bootId, bootId());
  t.regex(me.bootId, /^[0-9a-f-]{36}$/);
  t.regex(pidNamespace(), /^pid:\[\d+\]$/);
  t.true(machineId() !== '' && userName() !== '');
  t.false(shortHostName().includes('.'));
  t.true(hostName().startsWith(shortHostName()));
  t.true(isSameHost(me));
  t.false(isSameHost({ ...me, bootId: 'other' }));
  t.false(isSameHost({ ...me, pidNamespace: 'pid:[1]' }));
});

test('this process is alive, a later owner of its pid would not be it', (t) => {
  const stat = readProcessStat(process.pid);
  t.is(stat?.ppid, process.ppid);
  t.true((stat?.threads ?? 0) > 1);
  t.false(isProcessGone(process.pid, thisProcess().pidStart));
  t.true(isProcessGone(process.pid, thisProcess().pidStart + 1));
});

test('a process that ended is gone, and so is a zombie', async (t) => {
  const { pid } = spawnSync('true');
  t.true(isProcessGone(pid, 1));
  t.is(readProcessStat(pid), null);
  // The shell's child ends, and the program that the shell became never waits for it.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => parent.kill('SIGKILL'));
  const [line] = await once(parent.stdout, 'data');
  const zombie = Number(String(line));
  const isZombie = (): boolean => readProcessStat(zombie)?.state === 'Z';
  while (!isZombie()) await new Promise((done) => setTimeout(done, 5));
  t.true(isProcessGone(zombie, readProcessStat(zombie)?.startTicks ?? 0));
});

test('processes of a session and of a token are found with their children', async (t) => {
  const token = 'feedfacecafe0042';
  const child = spawn('sh', ['-c', 'sleep 60 & echo; wait'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], RQ_TOKEN: token },
  });
  const pid = child.pid ?? 0;
  t.teardown(() => process.kill(-pid, 'SIGKILL'));
  await once(child.stdout, 'data');
  // The child of the shell has its environment once it has become sleep.
  while (processesWithToken(token).length < 2) await new Promise((done) => setTimeout(done, 5));
  t.true(processesWithToken(token).includes(pid));
  t.is(sessionProcesses(pid).length, 2);
  t.deepEqual(processesWithToken('feedfacecafe004'), []);
});
