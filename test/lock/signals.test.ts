import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { acquireLease } from '../../src/lock/lease.js';
import { withoutSignalHooks } from '../../src/lock/signals.js';
import { LONG, contender, leaseDirectory } from './contender.js';

test('a signal inside a hold ends the process at its release, and nothing is left', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: LONG });
  await holder.ask('acquire');
  await holder.kill('SIGTERM');
  t.is(await holder.ask('held'), 'true');
  void holder.ask('release');
  t.is((await holder.ended()).how, 'SIGTERM');
  const names = readdirSync(directory).filter((name) => name.startsWith('g.'));
  t.deepEqual(names, ['g.1.free']);
});

test('a signal outside of a hold ends the process as ever', async (t) => {
  const directory = leaseDirectory(t);
  const holder = contender(t, directory, { times: LONG });
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    const other = contender(t, directory, { times: LONG });
    await other.ask('acquire');
    await other.ask('release');
    await other.kill(signal);
    t.is((await other.ended()).how, signal);
  }
  await holder.kill('SIGHUP');
  t.is((await holder.ended()).how, 'SIGHUP');
});

test('a process with its own listener gets the signal once and lives on', async (t) => {
  const directory = leaseDirectory(t);
  let count = 0;
  const listener = (): void => {
    count += 1;
  };
  process.on('SIGHUP', listener);
  t.teardown(() => process.removeListener('SIGHUP', listener));
  const terms = { times: LONG, floor: () => 0, waitMs: 0, beatFromWorker: false };
  const lease = await acquireLease({ directory, ...terms });
  const delivered = once(process, 'SIGHUP');
  process.kill(process.pid, 'SIGHUP');
  await delivered;
  await lease.release();
  await sleep(20);
  t.is(count, 1);
});

test('what a module does to signals and exit while it loads is taken back', (t) => {
  const { emit, reallyExit } = hooks();
  const before = process.listenerCount('SIGPWR');
  withoutSignalHooks(() => {
    process.on('SIGPWR', () => {});
    Reflect.set(process, 'emit', () => false);
    Reflect.set(process, 'reallyExit', () => {});
    Reflect.set(process, '__signal_exit_emitter__', { count: 1 });
  });
  t.is(process.listenerCount('SIGPWR'), before);
  t.deepEqual(hooks(), { emit, reallyExit });
  t.false(Reflect.has(process, '__signal_exit_emitter__'));
});

function hooks(): { emit: unknown; reallyExit: unknown } {
  return { emit: Reflect.get(process, 'emit'), reallyExit: Reflect.get(process, 'reallyExit') };
}
