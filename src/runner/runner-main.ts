import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { acquireHostLock } from '../host/host-lock.js';
import { openLog } from '../log.js';
import { Attempts } from './attempts.js';
import { Lifetime } from './lifetime.js';
import { slotEnvironment } from './environment.js';
import { RunnerServer } from './server.js';
import { Slots } from './slots.js';
import { Spool } from './spool.js';

/** The runner's own log is for finding out why it died; it stays small. */
const LOG_BYTES_MAX = 1 << 20;

void main();

async function main(): Promise<void> {
  const localDirectory = process.argv[2];
  if (localDirectory === undefined) return fail('usage: runner-main LOCAL_DIRECTORY');
  const lock = acquireHostLock(join(localDirectory, 'runner.lock'));
  if (lock === null) return fail(`a runner is alive already in ${localDirectory}`);
  const log = openLog({
    file: join(localDirectory, 'runner.log'),
    level: 'info',
    maxBytes: LOG_BYTES_MAX,
    keep: 1,
  });
  log.info('runner.started', { pid: process.pid });

  const spool = new Spool(localDirectory);
  const attempts = new Attempts(
    { spool, log, report: (report) => server.report(report), changed: () => lifetime.changed() },
    (listener) =>
      new Slots(
        {
          localDirectory,
          spoolDirectory: spool.directory,
          env: slotEnvironment(process.env),
          shell: process.env['RQ_TEST_SH'] ?? '/bin/sh',
        },
        listener,
      ),
  );
  const exit = (): void => {
    log.info('runner.ended', { pid: process.pid });
    lifetime.close();
    attempts.close();
    server.close();
    lock.release();
  };
  const restartMs = process.env['RQ_RESTART_MS'];
  const lifetime = new Lifetime({
    log,
    restartMs: restartMs === undefined ? null : Number(restartMs),
    isQuiet: () => attempts.isQuiet(),
    exit,
  });
  const server = new RunnerServer({
    localDirectory,
    spoolId: spool.id,
    attempts,
    log,
    onFeeder: (restart) => lifetime.feederCame(restart),
    onFeederGone: (bye) => lifetime.feederWent(bye),
  });

  // The next runner finds everything in the spool, so a defect ends this one at once.
  process.on('uncaughtException', (error) => {
    log.error('runner.defect', { error: error.stack ?? String(error) });
    process.exit(70);
  });
  // Shells that wait meet the end of their pipe; jobs do not notice.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
  process.on('SIGHUP', () => undefined);

  attempts.adopt();
  await server.listen();
  lifetime.changed();
}

function fail(message: string): void {
  writeSync(2, `rq: ${message}\n`);
  process.exitCode = 1;
}
