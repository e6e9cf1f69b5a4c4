import type { FeedOptions } from '../feeder/options.js';
import { LOG_LEVELS, type LogLevel } from '../log.js';
import { resolve } from 'node:path';
import { RqError } from '../domain/error.js';
import { RqCommand } from './command.js';
import { flag, secondsOf, text, wholeNumber } from './declare.js';

const NODE_NAME_BYTES_MAX = 64;

/** A mode about the feeder of this host. */
export abstract class NodeCommand extends RqCommand {
  readonly node = text('node');
  readonly localDirectory = text('local-dir');

  protected nodeChoice(): { node?: string; localBase?: string } {
    const { node, localDirectory } = this;
    if (node !== undefined) checkNodeName(node);
    return {
      ...(node === undefined ? {} : { node }),
      ...(localDirectory === undefined ? {} : { localBase: resolve(localDirectory) }),
    };
  }
}

/** A mode that may become a feeder. */
export abstract class FeederCommand extends NodeCommand {
  readonly maxFeed = text('max-feed');
  readonly minSleep = text('min-sleep');
  readonly maxSleep = text('max-sleep');
  readonly loops = text('loops');
  readonly untilEmpty = flag('until-empty');
  readonly anyUser = flag('any-user');
  readonly logAge = text('log-age');
  readonly logSize = text('log-size');
  readonly force = flag('force');

  protected feedOptions(daemon: boolean): FeedOptions {
    const { maxFeed, minSleep, maxSleep, loops, log, logAge, logSize, verbosity } = this;
    const level = verbosity === undefined ? null : levelOf(verbosity);
    const minSleepMs = minSleep === undefined ? null : secondsOf('min-sleep', minSleep) * 1000;
    const maxSleepMs = maxSleep === undefined ? null : secondsOf('max-sleep', maxSleep) * 1000;
    if (minSleepMs !== null && maxSleepMs !== null && minSleepMs > maxSleepMs) {
      const message = `--min-sleep: ${minSleep} is longer than --max-sleep: ${maxSleep}`;
      throw new RqError('usage', message);
    }
    return {
      ...this.nodeChoice(),
      ...(maxFeed === undefined ? {} : { slots: wholeNumber('max-feed', maxFeed, 0) }),
      ...(minSleepMs === null ? {} : { minSleepMs }),
      ...(maxSleepMs === null ? {} : { maxSleepMs }),
      ...(loops === undefined ? {} : { loops: wholeNumber('loops', loops, 1) }),
      // A daemon works elsewhere: what is relative here would be another file there.
      ...(log === undefined ? {} : { log: resolve(log) }),
      ...(logAge === undefined ? {} : { logAge }),
      ...(logSize === undefined ? {} : { logSize: wholeNumber('log-size', logSize, 1) }),
      ...(level === null ? {} : { verbosity: level }),
      untilEmpty: this.untilEmpty === true,
      anyUser: this.anyUser === true,
      daemon,
      quiet: this.quiet === true,
      force: this.force === true,
    };
  }
}

/** A node's name appears in paths of jobs, in tables and in host patterns. @throws RqError `usage` */
function checkNodeName(name: string): void {
  const isLong = Buffer.byteLength(name) > NODE_NAME_BYTES_MAX;
  // oxlint-disable-next-line no-control-regex
  if (name !== '' && name !== '.' && name !== '..' && !isLong && !/[/\0\r\n]/.test(name)) return;
  throw new RqError(
    'usage',
    `--node: expected a name of at most ${NODE_NAME_BYTES_MAX} bytes without / and line breaks, got ${JSON.stringify(name)}`,
  );
}

/** Ruby Queue's numbers and words; fatal is error here, as nothing is logged above it. */
function levelOf(verbosity: string | boolean): LogLevel {
  if (typeof verbosity === 'boolean') return 'debug';
  const word = verbosity.toLowerCase();
  const names = ['fatal', ...LOG_LEVELS];
  const name = names[Number(word)] ?? names.find((level) => word !== '' && level.startsWith(word));
  if (name === undefined) {
    throw new RqError('usage', `--verbosity: expected 0 to 4 or a level, got "${verbosity}"`);
  }
  return LOG_LEVELS.find((level) => level === name) ?? 'error';
}
