import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { RqError } from '../domain/error.js';
import { thisProcess, userName } from '../host/identity.js';
import { acquireHostLock, type HostLock } from '../host/host-lock.js';
import { closeInheritedFiles } from '../host/inherited-files.js';
import type { Log } from '../log.js';
import { acceptDirectory, readDirectoryInode } from '../queue/moved.js';
import { registerNode, readNodes, type NodeRow } from '../queue/nodes.js';
import type { Queue } from '../queue/queue.js';
import { inodeOf } from '../queue/database.js';
import { RunnerClient } from '../runner/client.js';
import { runnerEnvironment } from '../runner/environment.js';
import { feedArguments } from './feed-arguments.js';
import { Feeder } from './feeder.js';
import { feederLog } from './feeder-log.js';
import { Housekeeper } from './housekeeper.js';
import { nodePlace, readFeeder, writeFeeder, type NodePlace } from './node-place.js';
import type { FeedOptions } from './options.js';
import { NeighbourWatch } from './neighbours.js';
import { announceReady, PREDECESSOR_VARIABLE, takeBirth, type Birth } from './ready.js';
import { Orders } from './signals.js';
import { VERSION } from '../version.js';
import { WakeWatch } from './wake-watch.js';

/** A predecessor that hands over has this long to commit its last tick and to let go of the lock. */
const HAND_OVER_MS_MAX = 60_000;
const LOCK_POLL_MS = 20;

/**
 * Feeds from `queue` until it is told to end, and returns 0. One feeder a host, queue, user and node name:
 * a lock that the kernel frees holds the place.
 *
 * @throws RqError `already-feeding` with the pid, `queue-moved`, `runner-failed`, and what the queue throws
 */
export async function feed(queue: Queue, options: FeedOptions): Promise<number> {
  if (options.force !== true) refuseMovedQueue(queue);
  const birth = takeBirth();
  closeInheritedFiles(birth.readyDescriptor);
  const place = nodePlace(queue, options.node, options.localBase);
  const lock = await takePlace(queue, place, birth);
  const log = feederLog(place, options);
  const orders = new Orders(log, () => writeFeeder(place, true));
  try {
    const { pid } = process;
    writeFeeder(place, false);
    log.info('feeder.started', { queue: queue.directory, node: place.name, pid });
    await feedThroughRunners({ queue, place, log, options, birth }, orders);
    log.info('feeder.ended', { node: place.name, pid });
    return 0;
  } catch (error) {
    log.error('feeder.failed', { message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    orders.close();
    log.close();
    rmSync(place.feederFile, { force: true });
    lock.release();
  }
}

interface Feeding {
  readonly queue: Queue;
  readonly place: NodePlace;
  readonly log: Log;
  readonly options: FeedOptions;
  readonly birth: Birth;
}

/** A runner may be killed: its jobs live on, and the next one adopts them. */
async function feedThroughRunners(feeding: Feeding, orders: Orders): Promise<void> {
  const { queue, place, log, options, birth } = feeding;
  let isFirst = true;
  for (;;) {
    const runner = await RunnerClient.connect(place.directory, {
      feederPid: process.pid,
      restart: options.daemon === true ? feedArguments(queue, options) : null,
      start: true,
    });
    const slots = isFirst && !birth.isSuccessor ? (options.slots ?? null) : null;
    const node = await register(queue, place, runner, slots).catch((error: unknown) => {
      // A runner has no use without its feeder; that of a daemon tries again where that may help, unless
      // somebody waits who is now told that it failed.
      const isAwaited = isFirst && birth.readyDescriptor !== null;
      if (options.daemon === true && !isAwaited && isPassing(error)) runner.close();
      else runner.bye();
      throw error;
    });
    const feeder = new Feeder({ queue, place, node, runner, log, options });
    orders.obeyedBy(feeder);
    const wakes = new WakeWatch(queue.paths.wakeWork, idleBounds(queue, options), () =>
      feeder.wake(),
    );
    const neighbours = new NeighbourWatch({ queue, node, log });
    const housekeeper = new Housekeeper(queue, log);
    try {
      wakes.start();
      neighbours.start();
      housekeeper.start();
      if (isFirst) announceReady(birth);
      await feeder.run();
      await leave(feeder, runner, log, feedArguments(queue, options));
      return;
    } catch (error) {
      if (!(error instanceof RqError)) throw error;
      if (error.code !== 'runner-failed') {
        // Nothing that starting again would cure: the runner goes when its jobs have ended.
        runner.bye();
        throw error;
      }
      log.warn('runner.lost', { message: error.message });
      isFirst = false;
    } finally {
      await neighbours.stop();
      await housekeeper.stop();
      wakes.stop();
      runner.close();
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof RqError && ['queue-away', 'queue-busy', 'no-space'].includes(error.code);
}

/** In order: the queue is told, then the runner may go. A successor takes both over instead. */
async function leave(
  feeder: Feeder,
  runner: RunnerClient,
  log: Log,
  successor: readonly string[],
): Promise<void> {
  if (feeder.mode === 'leaving') {
    startSuccessor(successor);
    return;
  }
  try {
    await feeder.signOff();
  } catch (error) {
    if (!(error instanceof RqError)) throw error;
    log.warn('feeder.sign-off-failed', { message: error.message });
  }
  runner.bye();
}

/** The same feeder again, which waits until this process has let go. */
function startSuccessor(successor: readonly string[]): void {
  const child = spawn(process.execPath, successor, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...runnerEnvironment(process.env), [PREDECESSOR_VARIABLE]: String(process.pid) },
  });
  child.unref();
}

async function takePlace(queue: Queue, place: NodePlace, birth: Birth): Promise<HostLock> {
  const patienceMs = birth.isSuccessor ? HAND_OVER_MS_MAX : 0;
  for (let waitedMs = 0; ; waitedMs += LOCK_POLL_MS) {
    const lock = acquireHostLock(place.feederLock);
    if (lock !== null) return lock;
    if (waitedMs >= patienceMs) {
      const pid = readFeeder(place)?.pid;
      throw new RqError(
        'already-feeding',
        `node ${place.name} already feeds from ${queue.directory}${pid === undefined ? '' : `: pid ${pid}`}`,
      );
    }
    await delay(LOCK_POLL_MS);
  }
}

async function register(
  queue: Queue,
  place: NodePlace,
  runner: RunnerClient,
  slots: number | null,
): Promise<NodeRow> {
  const { host, machineId, bootId: boot, pidNamespace, pid, pidStart } = thisProcess();
  const uid = process.getuid?.() ?? 0;
  return await queue.write('sign-on', (tx) => {
    const known = readNodes(tx.db).find(
      (node) => node.name === place.name && node.machineId === machineId && node.uid === uid,
    );
    acceptDirectory(tx, inodeOf(queue.directory));
    return registerNode(tx, {
      name: place.name,
      host,
      machineId,
      bootId: boot,
      pidNamespace,
      user: userName(),
      uid,
      feederPid: pid,
      feederStart: pidStart,
      spool: runner.spool,
      directory: place.directory,
      slots: slots ?? known?.slots ?? availableParallelism(),
      state: 'feeding',
      version: VERSION,
    });
  });
}

/** A copy shares the original's uuid: feeding both would run its jobs twice. */
function refuseMovedQueue(queue: Queue): void {
  const inode = queue.read(readDirectoryInode);
  if (inode === null || inode === inodeOf(queue.directory)) return;
  throw new RqError(
    'queue-moved',
    `${queue.directory} is a copy, or was moved or restored: if no other copy is fed, say --force`,
  );
}

function idleBounds(queue: Queue, options: FeedOptions): { minMs: number; maxMs: number } {
  const minMs = options.minSleepMs ?? queue.settings.values.idle_poll_ms;
  return { minMs, maxMs: Math.max(minMs, options.maxSleepMs ?? 2 * minMs) };
}
