import { Option } from 'clipanion';
import { RqError } from '../domain/error.js';
import { OPTIONS, type OptionName } from './options.js';

/**
 * Declares options of a command from the one table, so that names and descriptions are never written
 * twice. Values stay text here: the argv shim has given every option its long form.
 */
export function flag(name: OptionName): boolean | undefined {
  return Option.Boolean(descriptor(name), { description: OPTIONS[name].description });
}

export function text(name: OptionName): string | undefined {
  return Option.String(descriptor(name), { description: OPTIONS[name].description });
}

/** true: given without a value. */
export function optionalText(name: OptionName): string | boolean | undefined {
  const { description } = OPTIONS[name];
  return Option.String(descriptor(name), { description, tolerateBoolean: true });
}

export function list(name: OptionName): string[] | undefined {
  return Option.Array(descriptor(name), { description: OPTIONS[name].description });
}

function descriptor(name: OptionName): string {
  const { short } = OPTIONS[name];
  return short === undefined ? `--${name}` : `-${short},--${name}`;
}

/** @throws RqError `usage` unless `value` is a whole number of at least `min`. */
export function wholeNumber(name: OptionName, value: string, min: number): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= min) return number;
  const wanted = min === Number.MIN_SAFE_INTEGER ? 'a whole number' : `a whole number from ${min}`;
  throw new RqError('usage', `--${name}: expected ${wanted}, got "${value}"`);
}

/** @throws RqError `usage` unless `value` is a number of seconds. */
export function secondsOf(name: OptionName, value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new RqError('usage', `--${name}: expected seconds, got "${value}"`);
}
