import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { uptimeMs } from '../../src/host/uptime.js';
import { Slot } from '../../src/runner/slot.js';
import { Bench, farDeadline, processesNaming, until } from './fixtures/runner.js';

const SHELLS = ['/bin/dash', '/bin/bash'];
const SIGNALS = ['KILL', 'TERM', 'INT', 'SEGV', 'HUP', 'QUIT', 'PIPE', 'USR1', 'ABRT'];
const EXIT = (code: number) => `exec "$rq_setsid" sh -c 'exit ${code}' 2>/dev/null\n`;

for (const shell of SHELLS) {
  test(`${shell}: every kind of exit status is told as it is`, async (t) => {
    const bench = new Bench(t, shell);
    for (const code of [0, 1, 2, 7, 125, 126, 127, 128, 129, 137, 139, 200, 254, 255]) {
      const { outcome, exitStatus, signal } = await bench.run(EXIT(code));
      t.deepEqual(
        { outcome, exitStatus, signal },
        { outcome: 'ended', exitStatus: code, signal: null },
      );
    }
  });

  test(`${shell}: a death by signal is told by its name`, async (t) => {
    const bench = new Bench(t, shell);
    for (const name of SIGNALS) {
      const { exitStatus, signal } = await bench.run(
        `ulimit -c 0; exec "$rq_setsid" sh -c 'kill -${name} $$'\n`,
      );
      t.deepEqual([name, exitStatus, signal], [name, null, `SIG${name}`]);
    }
  });

  test(`${shell}: a job ignores no signal, leads its session and has no file of rq open`, async (t) => {
    const bench = new Bench(t, shell);
    const { token, pid } = await bench.arm();
    const out = join(bench.directory, 'seen');
    bench.attempts.go(
      token,
      farDeadline(),
      `exec >'${out.replaceAll("'", "'\\''")}' 2>&1 </dev/null
exec "$rq_setsid" sh -c 'grep SigIgn /proc/$$/status; cut -d" " -f1,5,6 /proc/$$/stat; ls /proc/$$/fd'\n`,
    );
    await bench.ending(token);
    // Higher ones come from whoever started the tests.
    const seen = bench.read('seen').replaceAll(/^\d{2,}\n/gm, '');
    t.is(seen, `SigIgn:\t0000000000000000\n${pid} ${pid} ${pid}\n0\n1\n2\n`);
  });

  test(`${shell}: a go that comes late is void`, async (t) => {
    const bench = new Bench(t, shell);
    const ended = new Promise<string>((resolve) => {
      const slot: Slot = new Slot(
        {
          number: 7,
          shell,
          scriptFile: join(bench.directory, 'slot.sh'),
          spoolDirectory: bench.spool.directory,
          errorsFile: join(bench.directory, 'slot-7.err'),
          setsid: '/usr/bin/setsid',
          env: process.env,
        },
        {
          onArmed: (_, token) => slot.go(token, Math.round(uptimeMs() / 10) - 1),
          onEnded: (_, token) => {
            slot.close();
            resolve(token);
          },
          onGone: () => undefined,
        },
      );
      bench.spool.prepare('0123456789abcdef');
      bench.spool.writeScript('0123456789abcdef', EXIT(3));
      slot.arm('0123456789abcdef');
    });
    const token = await ended;
    t.not(bench.spool.readStatus(token), null);
    t.is(bench.spool.readMarker(token), null);
    // The runner looks at the deadline too.
    t.is((await bench.run(EXIT(3), Math.round(uptimeMs() / 10) - 1)).outcome, 'unrun');
  });

  test(`${shell}: a shell that finds a marker does not run`, async (t) => {
    const bench = new Bench(t, shell);
    const { token } = await bench.arm();
    writeFileSync(join(bench.spool.directory, token, 'marker'), '');
    bench.attempts.go(token, farDeadline(), `touch "$rq_dir/../../ran"\n${EXIT(0)}`);
    t.is((await bench.ending(token)).outcome, 'unrun');
    t.is(bench.read('ran'), '');
  });

  test(`${shell}: a job's cpu time and memory are measured`, async (t) => {
    const bench = new Bench(t, shell);
    const burn = `const end = process.cpuUsage().user + 3e5; const keep = Buffer.alloc(64 << 20, 1);
      while (process.cpuUsage().user < end); setTimeout(() => keep.length, 200)`;
    const { ending } = await bench.job({ argv: [process.execPath, '-e', burn] });
    t.is(ending.exitStatus, 0);
    t.true(
      (ending.cpuSeconds ?? 0) >= 0.29 && (ending.cpuSeconds ?? 0) < 5,
      String(ending.cpuSeconds),
    );
    t.true((ending.maxRssKib ?? 0) >= 64 * 1024, String(ending.maxRssKib));
    t.true((ending.elapsedSeconds ?? 0) >= 0.45, String(ending.elapsedSeconds));
  });
}

test('one slot shell runs one job after another', async (t) => {
  const bench = new Bench(t);
  await bench.run(EXIT(0));
  const [slot, ...others] = processesNaming(bench.directory);
  await bench.run(EXIT(1));
  t.deepEqual(processesNaming(bench.directory), [slot]);
  t.deepEqual(others, []);
});

test('shells beyond the wanted number are let go and told', async (t) => {
  const bench = new Bench(t);
  bench.attempts.keepArmed(3);
  await until('three', () => bench.reports.filter(({ op }) => op === 'armed').length === 3);
  bench.attempts.keepArmed(1);
  await until('two gone', () => bench.reports.filter(({ op }) => op === 'disarmed').length === 2);
  t.is(bench.spool.tokens().length, 1);
  await bench.attempts.letGoAll();
  t.deepEqual(bench.spool.tokens(), []);
});

test('an armed shell that is killed is told and replaced', async (t) => {
  const bench = new Bench(t);
  const { token, pid } = await bench.arm();
  process.kill(pid, 'SIGKILL');
  await until('disarmed', () =>
    bench.reports.some((report) => report.op === 'disarmed' && report.token === token),
  );
  await until('another', () => bench.reports.filter(({ op }) => op === 'armed').length === 2);
  t.is(bench.spool.tokens().length, 1);
});

test('a stopped armed shell does not hold up a new feeder', async (t) => {
  const bench = new Bench(t);
  const { pid } = await bench.arm();
  process.kill(pid, 'SIGSTOP');
  await bench.attempts.letGoAll();
  t.deepEqual(bench.spool.tokens(), []);
});

test('a go for a shell that was let go is answered as unrun', async (t) => {
  const bench = new Bench(t);
  const { token } = await bench.arm();
  bench.attempts.keepArmed(0);
  await until('gone', () => bench.spool.tokens().length === 0);
  bench.attempts.go(token, farDeadline(), EXIT(0));
  const last = bench.reports.at(-1);
  t.true(last?.op === 'ended' && last.ending.outcome === 'unrun' && last.ending.token === token);
});

test('a go whose script cannot be written ends as unrun and says why', async (t) => {
  const bench = new Bench(t);
  const { token } = await bench.arm();
  mkdirSync(join(bench.spool.directory, token, 'script'));
  bench.attempts.go(token, farDeadline(), EXIT(0));
  const ending = await bench.ending(token);
  t.is(ending.outcome, 'unrun');
  t.regex(ending.reason ?? '', /EISDIR/);
  bench.attempts.settled([token]);
  t.false(bench.spool.tokens().includes(token));
});

test('a settled attempt leaves nothing in the spool, a running one is not forgotten', async (t) => {
  const bench = new Bench(t);
  const { token } = await bench.run(EXIT(0));
  t.deepEqual(bench.spool.tokens(), [token]);
  bench.attempts.settled([token]);
  t.deepEqual([bench.spool.tokens(), bench.attempts.endings()], [[], []]);

  const { token: second } = await bench.arm();
  bench.attempts.go(second, farDeadline(), `exec "$rq_setsid" sleep 60\n`);
  bench.attempts.settled([second]);
  t.deepEqual(bench.attempts.running().length, 1);
  // A signal before that would find a shell that has not started the job, and it would be unrun.
  await until('the job has started', () => bench.spool.readMarker(second));
  bench.attempts.signal([second], 'SIGTERM');
  t.is((await bench.ending(second)).signal, 'SIGTERM');
});
