import test from 'ava';
import * as fc from 'fast-check';
import { RqError } from '../../src/domain/error.js';
import { formatDuration, formatTime, parseDuration, parseTime } from '../../src/domain/time.js';

test('durations are printed as Ruby Queue printed them', (t) => {
  t.is(formatDuration(3.49), '00h00m03.49s');
  t.is(formatDuration(0), '00h00m00.00s');
  t.is(formatDuration(63.88), '00h01m03.88s');
  t.is(formatDuration(59.999), '00h01m00.00s');
  t.is(formatDuration(3599.996), '01h00m00.00s');
  t.is(formatDuration(360_000), '100h00m00.00s');
  t.is(formatDuration(-1), '00h00m00.00s');
});

test('durations are read in every common form', (t) => {
  for (const [text, seconds] of [
    ['90', 90],
    ['1.5', 1.5],
    ['0', 0],
    [' 10s ', 10],
    ['1d2h30m', 95_400],
    ['1D 2H 30M', 95_400],
    ['2w', 1_209_600],
    ['500ms', 0.5],
    ['1s500ms', 1.5],
    ['1.5h', 5400],
    ['1:30', 90],
    ['00:01:30', 90],
    ['100:00:00', 360_000],
    ['00:00:01.25', 1.25],
    ['90:00', 5400],
    ['1:00:00:00', 86_400],
    ['00h01m30.00s', 90],
    ['PT1H30M', 5400],
    ['P1DT2H', 93_600],
    ['P1W', 604_800],
  ] as const) {
    t.is(parseDuration(text), seconds, text);
  }
});

test('what is no duration is refused', (t) => {
  for (const text of [
    '',
    'x',
    '-1',
    '1x',
    '1m1h',
    '1h1h',
    '1:60',
    '1:61:00',
    '1:24:00:00',
    'P',
    'PT',
    'P1H',
    '1e3',
    '1:2',
    '.',
    'd',
    '9'.repeat(400),
  ]) {
    const error = t.throws(() => parseDuration(text), { instanceOf: RqError }, text);
    t.is(error.code, 'usage');
  }
  t.is(
    t.throws(() => parseDuration('soon')).message,
    'expected a duration such as 90, 1d2h30m or 00:01:30, got "soon"',
  );
});

test('a printed duration reads back to the hundredth', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000_00 }), (hundredths) => {
      t.is(Math.round(parseDuration(formatDuration(hundredths / 100)) * 100), hundredths);
    }),
  );
});

test('times are UTC with milliseconds', (t) => {
  t.is(formatTime(0), '1970-01-01T00:00:00.000Z');
  t.is(formatTime(Date.UTC(2026, 10, 21, 20, 31, 2, 114)), '2026-11-21T20:31:02.114Z');
});

test('times are read with or without clock and zone', (t) => {
  for (const [text, time] of [
    ['2026-11-21T20:31:02.114Z', '2026-11-21T20:31:02.114Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21 20:31', '2026-11-21T20:31:00.000Z'],
    ['2009-03-02 10:15:07.412033', '2009-03-02T10:15:07.412Z'],
    ['2026-11-21T20:31:02+02:00', '2026-11-21T18:31:02.000Z'],
    ['2026-11-21T20:31:02.5-0130', '2026-11-21T22:01:02.500Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ] as const) {
    t.is(parseTime(text), time, text);
  }
  for (const text of [
    '',
    'today',
    '2026',
    '2026-02-29',
    '2026-13-01',
    '2026-1-1',
    '2026-11-21T25:00',
    '2026-11-21T20:61:00Z',
    '2026-11-21Z',
  ]) {
    t.is(parseTime(text), null, text);
  }
});
