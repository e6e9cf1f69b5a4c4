import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { processesWithToken } from '../../src/host/process.js';
import { RunnerClient } from '../../src/runner/client.js';
import { PROTOCOL_VERSION } from '../../src/runner/protocol.js';
import {
  Local,
  farDeadline,
  kill,
  nothingLeft,
  readText,
  scriptOf,
  until,
  untilGone,
} from './fixtures/runner.js';

test('a job runs only after its go, and nothing is left after bye', async (t) => {
  const local = new Local(t);
  const line = await local.connect();
  const { token } = await line.start(local.directory, 'echo ran; exit 4');
  const ending = await line.ending(token);
  t.deepEqual([ending.outcome, ending.exitStatus], ['ended', 4]);
  t.is(local.read('out'), 'ran\n');
  line.client.settled([token]);
  line.client.bye();
  await nothingLeft(local.directory);
  await until('closed', () => line.closed === null);
  t.false(existsSync(join(local.directory, 's')));
});

test('a runner killed with armed shells leaves none of them, and none runs', async (t) => {
  const local = new Local(t);
  const line = await local.connect();
  await line.arm(3);
  kill(line.client.runnerPid);
  await nothingLeft(local.directory);
  for (const { pid } of line.armed) await untilGone(pid);
  const next = await local.connect();
  t.deepEqual(next.client.running, []);
  // Nobody is known to have claimed for them, but somebody may have: proven unrun.
  t.deepEqual([...new Set(next.client.endings.map((ending) => ending.outcome))], ['unrun']);
  t.is(next.client.spool, line.client.spool);
});

test('a job lives on when its runner is killed, and the next runner tells its true exit status', async (t) => {
  const local = new Local(t);
  const line = await local.connect();
  const gate = join(local.directory, 'gate');
  const { token, pid, pidStart } = await line.start(
    local.directory,
    `echo up; until test -e "${gate}"; do sleep 0.05; done; exit 7`,
  );
  await until('the job', () => local.read('out') === 'up\n');
  kill(line.client.runnerPid);
  await until('closed', () => line.closed !== undefined);
  const next = await local.connect();
  t.deepEqual(next.client.running, [{ token, pid, pidStart }]);
  writeFileSync(gate, '');
  const ending = await next.ending(token);
  t.deepEqual([ending.outcome, ending.exitStatus, ending.signal], ['ended', 7, null]);
  t.true((ending.elapsedSeconds ?? 0) > 0);
});

test('a job that ended while no runner lived is found in the spool', async (t) => {
  const local = new Local(t);
  const line = await local.connect();
  const { token, pid } = await line.start(local.directory, 'echo up; sleep 0.3; exit 9');
  await until('the job', () => local.read('out') === 'up\n');
  kill(line.client.runnerPid);
  await untilGone(pid);
  await nothingLeft(local.directory);
  const next = await local.connect();
  t.deepEqual(
    next.client.endings.map((ending) => [ending.token, ending.outcome, ending.exitStatus]),
    [[token, 'ended', 9]],
  );
  next.client.settled([token]);
  next.client.bye();
  await nothingLeft(local.directory);
  const third = await local.connect();
  t.deepEqual(third.client.endings, []);
});

test('with runner and slot shell killed the result is lost, once the remnants are killed', async (t) => {
  const local = new Local(t);
  const line = await local.connect();
  // One child in the session, one that left it but carries the token.
  const { token, pid } = await line.start(
    local.directory,
    'setsid sleep 61 & sleep 62 & echo up; sleep 63',
  );
  await until('the job', () => local.read('out') === 'up\n');
  const shells = local.processes().filter((process) => process !== line.client.runnerPid);
  kill(line.client.runnerPid);
  for (const shell of shells) kill(shell);
  kill(pid);
  await nothingLeft(local.directory);
  t.true(processesWithToken(token).length >= 2);
  const next = await local.connect();
  const ending = next.client.endings[0] ?? (await next.ending(token));
  t.is(ending.outcome, 'lost');
  t.deepEqual(processesWithToken(token), []);
});

test('a job whose slot shell alone was killed is still watched', async (t) => {
  const local = new Local(t);
  const line = await local.connect();
  const { token, pid } = await line.start(local.directory, 'echo up; sleep 60');
  await until('the job', () => local.read('out') === 'up\n');
  for (const shell of local.processes()) if (shell !== line.client.runnerPid) kill(shell);
  line.client.signal([token], 'SIGTERM');
  const ending = await line.ending(token);
  t.is(ending.outcome, 'lost');
  await untilGone(pid);
});

test('a second hello ends the first and lets its armed shells go before it is answered', async (t) => {
  const local = new Local(t);
  const first = await local.connect();
  const { token } = await first.start(local.directory, 'sleep 60');
  await first.arm(2);
  const armed = first.armed.filter((shell) => shell.token !== token);
  const second = await local.connect();
  for (const { pid } of armed) t.false(existsSync(`/proc/${pid}`));
  t.deepEqual(
    second.client.running.map((running) => running.token),
    [token],
  );
  await until('closed', () => first.closed !== undefined);
  // The old feeder's go reaches nobody.
  for (const shell of armed)
    first.client.go({ token: shell.token, deadlineCs: farDeadline(), script: 'exit 1\n' });
  second.client.signal([token], 'SIGKILL');
  t.is((await second.ending(token)).signal, 'SIGKILL');
  t.is(second.endings.length, 1);
});

test('a signal reaches every process of the session but not the slot shell', async (t) => {
  const local = new Local(t);
  const line = await local.connect();
  const { token } = await line.start(
    local.directory,
    '(sleep 60; true) & (setsid sleep 60) & echo up; wait',
  );
  await until(
    'the job',
    () => local.read('out') === 'up\n' && processesWithToken(token).length >= 3,
  );
  line.client.signal([token], 'SIGKILL');
  t.is((await line.ending(token)).signal, 'SIGKILL');
  await until('all gone', () => processesWithToken(token).length === 0);
  t.is(local.processes().length, 2);
});

// Alone, since it sets the environment.
test.serial('a feeder that died is started again, one that said bye is not', async (t) => {
  const local = new Local(t);
  const note = join(local.directory, 'restarted');
  const restart = ['-e', `fs.appendFileSync(${JSON.stringify(note)}, 'x')`];
  process.env['RQ_RESTART_MS'] = '100';
  const line = await local.connect({ restart });
  delete process.env['RQ_RESTART_MS'];
  const shell = await line.arm();
  line.client.close();
  await untilGone(shell.pid);
  await until('the restart', () => readText(note) === 'x');
  const next = await local.connect({ restart });
  next.client.bye();
  await nothingLeft(local.directory);
  t.is(readText(note), 'x');
});

test('a wrong cookie or version is refused, and a stranger is not obeyed', async (t) => {
  const local = new Local(t);
  const line = await local.connect();
  const cookie = readFileSync(join(local.directory, 'cookie'), 'utf8');
  const hello = {
    op: 'hello',
    version: PROTOCOL_VERSION,
    cookie,
    feederPid: process.pid,
    restart: null,
  };
  t.regex(await say(local.directory, { ...hello, cookie: 'x'.repeat(64) }), /wrong cookie/);
  t.regex(await say(local.directory, { ...hello, version: 99 }), /speaks version/);
  t.is(await say(local.directory, { op: 'arm', shells: 9 }), '');
  t.is(await say(local.directory, 'nonsense'), '');
  await line.arm();
  t.is(line.closed, undefined);
});

test('without a runner and without leave to start one the client says so', async (t) => {
  const local = new Local(t);
  const params = { feederPid: process.pid, restart: null, start: false };
  await t.throwsAsync(RunnerClient.connect(local.directory, params), {
    message: /no runner is alive/,
  });
});

test('of two runners started at once one lives', async (t) => {
  const local = new Local(t);
  const [first, second] = await Promise.all([local.connect(), local.connect()]);
  t.is(first.client.runnerPid, second.client.runnerPid);
  await until('one process', () => local.processes().length === 1);
});

// Alone, since it sets the environment.
test.serial('a go written just before the runner died is adopted', async (t) => {
  const local = new Local(t);
  process.env['RQ_FAULT'] = 'runner-go';
  const line = await local.connect();
  delete process.env['RQ_FAULT'];
  const shell = await line.arm();
  const script = scriptOf(local.directory, { command: 'echo ran; exit 5', token: shell.token });
  line.client.go({ token: shell.token, deadlineCs: farDeadline(), script });
  await until('closed', () => line.closed !== undefined);
  const next = await local.connect();
  const known = next.client.endings.find((ending) => ending.token === shell.token);
  const { outcome, exitStatus } = known ?? (await next.ending(shell.token));
  t.deepEqual([outcome, exitStatus], ['ended', 5]);
  t.is(local.read('out'), 'ran\n');
});

function say(directory: string, message: object | string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(join(directory, 's'));
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
    socket.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  });
}
