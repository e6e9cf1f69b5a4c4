import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { RqError } from '../domain/error.js';
import { thisProcess } from '../host/identity.js';
import { closeInheritedFiles } from '../host/inherited-files.js';
import { readNodes, setNodeSlots } from '../queue/nodes.js';
import type { Queue } from '../queue/queue.js';
import { runnerEnvironment } from '../runner/environment.js';
import { feedArguments } from './feed-arguments.js';
import { nodePlace, readFeeder, type NodePlace } from './node-place.js';
import type { FeedOptions } from './options.js';
import { READY_LINE, READY_VARIABLE } from './ready.js';

const READY_DESCRIPTOR = 3;
const REGISTER_POLL_MS = 20;

export interface StartedFeeder {
  readonly pid: number;
  readonly alreadyFeeding: boolean;
}

/**
 * Starts a feeder that outlives the terminal, and returns when it truly feeds. Where one feeds already,
 * it gets the number of slots that was asked for, and that is all.
 *
 * @throws RqError `feeder-failed` with the feeder's own words
 */
export async function startFeeder(queue: Queue, options: FeedOptions): Promise<StartedFeeder> {
  const place = nodePlace(queue, options.node, options.localBase);
  const living = readFeeder(place);
  if (living !== null) return joinFeeder(queue, place, living.pid, options);
  closeInheritedFiles();
  try {
    const argv = feedArguments(queue, { ...options, daemon: true });
    return { pid: await startDaemon(argv, place.directory), alreadyFeeding: false };
  } catch (error) {
    // Another one was started at the same moment, by its runner or by somebody else: that one feeds.
    const faster = readFeeder(place);
    if (faster === null) throw error;
    return await joinFeeder(queue, place, faster.pid, options);
  }
}

/** Waits until the living feeder feeds, which may itself be just starting, and gives it its slots. */
async function joinFeeder(
  queue: Queue,
  place: NodePlace,
  pid: number,
  options: FeedOptions,
): Promise<StartedFeeder> {
  const isRegistered = (): boolean =>
    queue.read(readNodes).some((node) => node.name === place.name && node.feederPid === pid);
  for (;;) {
    const living = readFeeder(place);
    if (living?.pid !== pid) {
      throw new RqError('feeder-failed', `the feeder with pid ${pid} has ended: start again`);
    }
    if (living.isEnding) {
      throw new RqError(
        'feeder-failed',
        `the feeder with pid ${pid} lets its jobs end and takes no more: start again when it is gone`,
      );
    }
    if (isRegistered()) break;
    await delay(REGISTER_POLL_MS);
  }
  if (options.slots != null) await changeSlots(queue, place.name, options.slots);
  return { pid, alreadyFeeding: true };
}

async function changeSlots(queue: Queue, name: string, slots: number): Promise<void> {
  const { host } = thisProcess();
  const uid = process.getuid?.();
  await setNodeSlots(queue, { name, host, ...(uid === undefined ? {} : { uid }) }, slots);
}

async function startDaemon(argv: readonly string[], directory: string): Promise<number> {
  // What it says before its log is open. A file, since a pipe would break when this process ends.
  const words = join(directory, 'stderr');
  const stderr = openSync(words, 'w', 0o600);
  try {
    const child = spawn(process.execPath, argv, {
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'ignore', stderr, 'pipe'],
      env: { ...runnerEnvironment(process.env), [READY_VARIABLE]: String(READY_DESCRIPTOR) },
    });
    const pipe = child.stdio[READY_DESCRIPTOR];
    const first = await Promise.race([readyLine(pipe), ending(child)]);
    if (first !== 'ready') throw feederFailed(first.how, words);
    // Nothing may keep this process waiting for a daemon that lives on.
    pipe?.destroy();
    child.unref();
    return child.pid ?? 0;
  } finally {
    closeSync(stderr);
  }
}

function readyLine(pipe: Readable | Writable | null | undefined): Promise<'ready'> {
  return new Promise((resolve) => {
    let text = '';
    pipe?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(READY_LINE)) resolve('ready');
    });
  });
}

function ending(child: ChildProcess): Promise<{ readonly how: string }> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ how: error.message }));
    child.on('exit', (code, signal) => resolve({ how: signal ?? `status ${code}` }));
  });
}

function feederFailed(how: string, words: string): RqError {
  const last = readFileSync(words, 'utf8').trim().split('\n').at(-1)?.replace(/^rq: /, '') ?? '';
  return new RqError('feeder-failed', last === '' ? `the feeder ended with ${how}` : last);
}
