import type { Queue } from '../queue/queue.js';
import type { FeedOptions } from './options.js';

/**
 * The argv, after node, of a feeder on `queue` with these options: for a daemon, a successor, and the
 * runner that starts a dead feeder again. Spelled out, since none of them has this process's directory
 * and environment.
 */
export function feedArguments(queue: Queue, options: FeedOptions): string[] {
  const words = [process.argv[1] ?? 'rq', queue.directory, 'feed'];
  const add = (name: string, value: string | number | undefined | null): void => {
    if (value != null) words.push(`--${name}=${value}`);
  };
  const set = (name: string, isSet: boolean | undefined): void => {
    if (isSet === true) words.push(`--${name}`);
  };
  set('daemon', options.daemon);
  set('until-empty', options.untilEmpty);
  set('any-user', options.anyUser);
  set('quiet', options.quiet);
  set('force', options.force);
  add('node', options.node);
  add('max-feed', options.slots);
  add('min-sleep', seconds(options.minSleepMs));
  add('max-sleep', seconds(options.maxSleepMs));
  add('loops', options.loops);
  add('log', options.log);
  add('log-age', options.logAge);
  add('log-size', options.logSize);
  add('verbosity', options.verbosity);
  add('local-dir', options.localBase);
  return words;
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
