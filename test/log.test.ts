import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { openLog } from '../src/log.js';
import type { LogParams } from '../src/log.js';

const START_MS = Date.parse('2026-11-21T20:31:02.114Z');
const DAY_MS = 86_400_000;

function makeLog(t: ExecutionContext, params: Partial<LogParams> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'rq-log-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'rq.log');
  const clock = { ms: START_MS };
  const all: LogParams = { file, level: 'info', keep: 2, now: () => clock.ms, ...params };
  const log = openLog(all);
  t.teardown(() => log.close());
  const read = (name = '') => readFileSync(file + name, 'utf8');
  return { file, clock, log, read, reopen: () => openLog(all) };
}

test('a line has time, level, event and fields, quoted where needed', (t) => {
  const { log, read } = makeLog(t);
  log.info('job.settled', {
    jid: 42,
    host: 'node3',
    reason: 'a b="c"\nx',
    empty: '',
    signal: null,
    ok: true,
  });
  t.is(
    read(),
    '2026-11-21T20:31:02.114Z info job.settled jid=42 host=node3 reason="a b=\\"c\\"\\nx" empty="" signal=null ok=true\n',
  );
});

test('lines below the level are left out', (t) => {
  const { log, read } = makeLog(t, { level: 'warn' });
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  t.deepEqual(read().match(/\b(warn|error|info|debug)\b/g), ['warn', 'error']);
});

test('a full file moves aside and only the wanted number is kept, no line lost or cut', (t) => {
  const { log, read, file } = makeLog(t, { maxBytes: 100 });
  for (let number = 0; number < 8; number += 1) log.info('event', { number });
  t.regex(read(), /number=6\n.*number=7\n$/);
  t.regex(read('.1'), /number=4\n.*number=5\n$/);
  t.regex(read('.2'), /number=2\n.*number=3\n$/);
  t.false(existsSync(`${file}.3`));
});

test('a new day, week or month begins a new file, also after a restart', (t) => {
  for (const [maxAge, days] of [
    ['daily', 1],
    ['weekly', 2],
    ['monthly', 10],
    [DAY_MS, 1],
  ] as const) {
    const { log, read, clock, file, reopen } = makeLog(t, { maxAge });
    log.info('first');
    clock.ms += 3 * 3_600_000;
    log.info('same');
    t.false(existsSync(`${file}.1`));
    clock.ms = START_MS + days * DAY_MS;
    const again = reopen();
    again.info('second');
    again.close();
    t.is(read().split('\n').length, 2);
    t.regex(read('.1'), /first\n.*same\n$/);
  }
});

test('a file that logrotate moved is left alone after a while', (t) => {
  const { log, read, clock, file } = makeLog(t);
  log.info('first');
  renameSync(file, `${file}.old`);
  clock.ms += 10_000;
  log.info('second');
  t.regex(read(), /second/);
  t.regex(read('.old'), /first\n$/);
});
