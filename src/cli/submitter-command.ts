import { resolve } from 'node:path';
import { RqError } from '../domain/error.js';
import type { NewJob } from '../domain/job.js';
import { flag, list, optionalText, text, wholeNumber } from './declare.js';
import { RqCommand } from './command.js';

/** Set by the shell for each process, or by rq for each job: a copy would only mislead. */
const ENV_NOT_COPIED = /^(_|SHLVL|OLDPWD|RQ|RQ_.*)$/;
/** `--env all` */
const ENV_ALL = 'all';

export function priorityOf(value: string): number {
  return wholeNumber('priority', value, Number.MIN_SAFE_INTEGER);
}

/** Names and globs from `--runner a,b --runner c*`. */
export function hostList(values: readonly string[]): string[] {
  const hosts = values.flatMap((value) => value.split(/[\s,]+/)).filter((host) => host !== '');
  if (hosts.length > 0) return hosts;
  throw new RqError('usage', '--runner: expected names of hosts, got none');
}

/**
 * Variables from `--env NAME`, `--env NAME=VALUE` and `--env all`; later ones win.
 *
 * @throws RqError `usage` for a name that is not set here
 */
export function environmentOf(
  values: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const value of values) {
    if (value === ENV_ALL) {
      for (const [name, here] of Object.entries(env)) {
        if (here !== undefined && !ENV_NOT_COPIED.test(name)) chosen[name] = here;
      }
      continue;
    }
    const equals = value.indexOf('=');
    const name = equals === -1 ? value : value.slice(0, equals);
    const given = equals === -1 ? env[name] : value.slice(equals + 1);
    if (name === '')
      throw new RqError('usage', `--env: expected NAME or NAME=VALUE, got "${value}"`);
    if (given === undefined) throw new RqError('usage', `--env: ${name} is not set here`);
    chosen[name] = given;
  }
  return chosen;
}

/** What the options of a submitter say explicitly; it goes over what records say. */
export type JobOverrides = Partial<Omit<NewJob, 'command' | 'argv'>>;

/** A mode that makes jobs. */
export abstract class SubmitterCommand extends RqCommand {
  readonly priority = text('priority');
  readonly tag = text('tag');
  readonly runner = list('runner');
  readonly restartable = flag('restartable');
  readonly stdin = optionalText('stdin');
  readonly data = text('data');
  readonly shell = text('shell');
  readonly cwd = text('cwd');
  readonly env = list('env');
  readonly lane = text('lane');

  protected overrides(stdinFile: string | null): JobOverrides {
    const { priority, tag, runner, restartable, data, shell, cwd, env, lane } = this;
    return {
      ...(priority === undefined ? {} : { priority: priorityOf(priority) }),
      ...(tag === undefined ? {} : { tag }),
      ...(runner === undefined ? {} : { hosts: hostList(runner) }),
      ...(restartable === undefined ? {} : { restartable }),
      ...(stdinFile === null ? {} : { stdinFile }),
      ...(data === undefined ? {} : { dataPath: resolve(data) }),
      ...(shell === undefined ? {} : { shell }),
      ...(cwd === undefined ? {} : { cwd: resolve(cwd) }),
      ...(env === undefined ? {} : { env: environmentOf(env, process.env) }),
      ...(lane === undefined ? {} : { lane }),
    };
  }
}
