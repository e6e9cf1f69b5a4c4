import { RqError } from './error.js';

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  w: 604_800,
  d: 86_400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
};
/** The order in which units must follow each other, each at most once. */
const UNIT_ORDER = ['w', 'd', 'h', 'm', 's', 'ms'];

const PLAIN_SECONDS = /^\d+(\.\d+)?$/;
const UNITS = /^(\d+(\.\d+)?(ms|[wdhms])\s*)+$/;
const CLOCK = /^(?:(\d+):)?(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)$/;
const ISO_8601 = /^p((?:\d+(?:\.\d+)?[wd])*)(?:t((?:\d+(?:\.\d+)?[hms])+))?$/;

/** Seconds as Ruby Queue prints them, `00h00m03.49s`; hours grow beyond two digits. */
export function formatDuration(seconds: number): string {
  const hundredths = Math.round(Math.max(0, seconds) * 100);
  const hours = Math.floor(hundredths / 360_000);
  const minutes = Math.floor(hundredths / 6000) % 60;
  const rest = ((hundredths % 6000) / 100).toFixed(2);
  return `${pad(hours, 2)}h${pad(minutes, 2)}m${rest.padStart(5, '0')}s`;
}

/**
 * Seconds from `90`, `1.5`, `1d2h30m`, `500ms`, `00h01m30.00s`, `1:30` (minutes and seconds),
 * `00:01:30`, `1:00:00:00` (days first) or ISO 8601 (`PT1H30M`).
 *
 * @throws RqError `usage` for anything else.
 */
export function parseDuration(text: string): number {
  const word = text.trim().toLowerCase();
  const seconds = readDuration(word);
  if (seconds === null || !Number.isFinite(seconds)) {
    throw new RqError(
      'usage',
      `expected a duration such as 90, 1d2h30m or 00:01:30, got ${JSON.stringify(text)}`,
    );
  }
  return seconds;
}

/** RFC 3339 in UTC with milliseconds. `epochMs` must lie in the years 0 to 9999. */
export function formatTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/**
 * A point in time as the queue writes it, from RFC 3339, or from a date with or without a time of
 * day: UTC where no zone is named, since UTC is what the queue prints. Null when it is no time.
 */
export function parseTime(text: string): string | null {
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
      text.trim(),
    );
  if (match === null) return null;
  const [, date = '', clock = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const milliseconds = `${fraction.slice(1)}000`.slice(0, 3);
  const epochMs = Date.parse(`${date}T${clock}:${seconds}.${milliseconds}${offset}`);
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(epochMs) || Number.isNaN(midnight)) return null;
  // Date.parse takes the 31st of February for the third of March.
  if (formatTime(midnight).slice(0, 10) !== date) return null;
  return formatTime(epochMs);
}

function readDuration(word: string): number | null {
  if (PLAIN_SECONDS.test(word)) return Number(word);
  if (UNITS.test(word)) return sumUnits(word);
  const clock = CLOCK.exec(word);
  if (clock !== null) return readClock(clock);
  const iso = ISO_8601.exec(word);
  if (iso !== null && word.length > 1) return sumUnits(`${iso[1] ?? ''}${iso[2] ?? ''}`);
  return null;
}

function sumUnits(text: string): number | null {
  let total = 0;
  let position = -1;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g)) {
    const next = UNIT_ORDER.indexOf(unit);
    if (next <= position) return null;
    position = next;
    total += Number(amount) * (UNIT_SECONDS[unit] ?? 0);
  }
  // Binary fractions of 0.001 add up to 1.5000000000000002: hold whole microseconds.
  return Math.round(total * 1e6) / 1e6;
}

function readClock([, first, second, third, last]: RegExpExecArray): number | null {
  // With three numbers the second group is the empty one, as the first took the hours.
  const [days, hours] =
    second === undefined ? [0, Number(first ?? 0)] : [Number(first), Number(second)];
  const minutes = Number(third);
  const seconds = Number(last);
  if (seconds >= 60) return null;
  if (first !== undefined && minutes >= 60) return null;
  if (second !== undefined && hours >= 24) return null;
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
