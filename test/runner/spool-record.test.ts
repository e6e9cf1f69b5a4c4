import test from 'ava';
import { endedAs, signalName } from '../../src/runner/ending.js';
import { parseMarker, parseShell, parseStatus } from '../../src/runner/spool-record.js';

const DASH = '0m0.010000s 0m0.000000s\n0m1.500000s 0m0.250000s\n';
const LATER = '0m0.010000s 0m0.000000s\n1m2.000000s 0m0.500000s\n';
const STATUS = `${DASH}${LATER}code 137\nnote 1\nuptime 1234.56\nend\n`;

test('a status is read only when it was written whole', (t) => {
  t.deepEqual(parseStatus(`${STATUS}\n\n\n`), {
    code: 137,
    note: true,
    uptimeMs: 1_234_560,
    cpuSeconds: 60.75,
  });
  for (let length = 0; length < STATUS.length; length += 1)
    t.is(parseStatus(STATUS.slice(0, length)), null);
});

test('a decimal comma of bash is understood', (t) => {
  t.is(parseStatus(STATUS.replaceAll(/(\d)\.(\d+)s/g, '$1,$2s'))?.cpuSeconds, 60.75);
});

test('a marker counts only when it is whole', (t) => {
  t.deepEqual(parseMarker('812 77.05 .\n'), { pid: 812, uptimeMs: 77_050 });
  for (const text of ['', '812', '812 77.05', '812 77.05 .']) t.is(parseMarker(text), null);
});

test('a shell record that was never written is none', (t) => {
  t.is(parseShell('\n'.repeat(4096)), null);
  t.is(parseShell('12 34 56 78 boot pid:[40')?.pid, undefined);
  t.is(parseShell('12 34 56 78 boot pid:[40] .\n\n')?.slotStart, 78);
});

test('elapsed is the finer clock when both agree, else the spooled one', (t) => {
  const status = { code: 0, note: false, uptimeMs: 5_000, cpuSeconds: 0 };
  const common = {
    token: 'a',
    status,
    marker: { pid: 2, uptimeMs: 4_000 },
    maxRssKib: null,
    reason: null,
  };
  t.is(endedAs({ ...common, seenMs: 1_012.4 }).elapsedSeconds, 1.012);
  t.is(endedAs({ ...common, seenMs: 9_000 }).elapsedSeconds, 1);
  t.is(endedAs({ ...common, seenMs: null }).elapsedSeconds, 1);
});

test('a signal without a name keeps its number', (t) => {
  t.deepEqual([signalName(9), signalName(40)], ['SIGKILL', 'SIG40']);
});
