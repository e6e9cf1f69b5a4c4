import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../domain/error.js';
import type { Job } from '../domain/job.js';
import { findProgram } from '../host/program.js';
import type { Log } from '../log.js';
import type { ClaimedJob } from '../queue/claim.js';
import { finishUploads } from '../queue/inputs.js';
import type { Queue } from '../queue/queue.js';
import type { RunnerClient } from '../runner/client.js';
import { jobScript, refusalScript } from '../runner/job-script.js';
import { formatJob, YAML_HEADER } from '../yaml/write.js';
import { jobEnvironment } from './job-environment.js';
import type { NodePlace } from './node-place.js';

/** Longer commands run from a file: the kernel takes 128 KiB for one argument, and RQ_COMMAND wants room. */
const COMMAND_BYTES_MAX = 100 * 1024;

interface StartParts {
  readonly queue: Queue;
  readonly place: NodePlace;
  readonly runner: RunnerClient;
  readonly log: Log;
}

/**
 * Gives a claimed job's shell its go; call it only after the claim is committed. The go is void after
 * `goUntilUptimeMs` (of /proc/uptime): whoever was frozen so long may have lost the job to others.
 *
 * @returns null, or why the job could not be prepared
 */
export function startJob(
  parts: StartParts,
  claimed: ClaimedJob,
  goUntilUptimeMs: number,
): string | null {
  const { runner, log } = parts;
  const { jid, attempt, pid, command, token } = claimed;
  const { script, refusal } = prepareScript(parts, claimed);
  if (script === null) {
    // A go that comes too late starts nothing: the job is pending again once its shell is gone.
    runner.go({ token, deadlineCs: 0, script: '' });
    return refusal;
  }
  runner.go({ token, deadlineCs: Math.floor(goUntilUptimeMs / 10), script });
  log.info('job.started', { jid, attempt, pid, command });
  return null;
}

type Prepared =
  | { readonly script: string; readonly refusal: null }
  | { readonly script: null; readonly refusal: string };

/** `refusal`: what the local disk or the share says when it refuses what the job needs (full, no permission). */
function prepareScript({ queue, place, log }: StartParts, claimed: ClaimedJob): Prepared {
  try {
    // Somebody removed them by hand: running without them would be worse than failing.
    const isIncomplete = finishUploads(queue, [claimed]).includes(claimed.jid);
    const script = isIncomplete
      ? refusalScript('the stdin or data of the job is gone from the queue')
      : prepareJob(queue, place, claimed);
    return { script, refusal: null };
  } catch (error) {
    if (systemCode(error) === null) throw error;
    const refusal = error instanceof Error ? error.message : String(error);
    log.error('job.unprepared', { jid: claimed.jid, message: refusal });
    return { script: null, refusal };
  }
}

/**
 * The shell text that turns an armed shell into the job, with the files it refers to written beside the
 * spool. A job's own shell opens its files on the share, so that a hanging server hangs nobody else.
 */
function prepareJob(queue: Queue, place: NodePlace, claimed: ClaimedJob): string {
  const { token, ...job } = claimed;
  mkdirSync(place.jobs, { recursive: true, mode: 0o700 });
  const files = jobFiles(place, token);
  writeFileSync(files.record, YAML_HEADER + formatJob(claimed), { mode: 0o600 });
  const isLong = Buffer.byteLength(job.command) > COMMAND_BYTES_MAX;
  if (isLong) writeFileSync(files.command, job.command, { mode: 0o600 });
  return jobScript({
    queue: queue.directory,
    bin: queue.paths.bin,
    jid: job.jid,
    token,
    command: job.command,
    argv: job.argv,
    shell: shellOf(job),
    cwd: job.cwd,
    home: homedir(),
    stdinPath: absolute(queue, job.stdin),
    stdoutPath: join(queue.paths.stdout, String(job.jid)),
    stderrPath: join(queue.paths.stderr, String(job.jid)),
    dataPath: absolute(queue, job.data),
    env: jobEnvironment(job, { queue: queue.directory, jobFile: files.record, token }),
    umask: jobUmask(queue),
    commandFile: isLong ? files.command : null,
  });
}

/** By the feeder's PATH: one that the job brings may hold no shell at all. */
function shellOf({ argv, shell }: Pick<Job, 'argv' | 'shell'>): string | null {
  if (argv !== null || shell?.includes('/') === true) return shell;
  return findProgram(shell ?? 'bash') ?? shell;
}

/** Removes what `prepareJob` wrote; the attempt is settled. */
export function forgetJob(place: NodePlace, token: string): void {
  const files = jobFiles(place, token);
  try {
    rmSync(files.record, { force: true });
    rmSync(files.command, { force: true });
  } catch (error) {
    // A local disk that fails: the next feeder sweeps them, and this one has jobs to look after.
    if (systemCode(error) === null) throw error;
  }
}

/** Removes what a feeder left that was killed between a settlement and its `forgetJob`. */
export function forgetOtherJobs(place: NodePlace, running: ReadonlySet<string>): void {
  if (!existsSync(place.jobs)) return;
  for (const name of readdirSync(place.jobs)) {
    const [token = ''] = name.split('.');
    if (!running.has(token)) rmSync(join(place.jobs, name), { force: true });
  }
}

function jobFiles(place: NodePlace, token: string): { record: string; command: string } {
  return { record: join(place.jobs, `${token}.yml`), command: join(place.jobs, `${token}.sh`) };
}

function absolute(queue: Queue, path: Job['stdin']): string | null {
  return path === null ? null : join(queue.directory, path);
}

/** The feeder's own umask, but never world-writable; in a shared queue the group may write. */
function jobUmask(queue: Queue): string {
  const own = process.umask() | 0o002;
  return (queue.fileMode === 0o660 ? own & ~0o070 : own).toString(8).padStart(4, '0');
}
