import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { bootId, shortHostName, thisProcess } from '../host/identity.js';
import { localDirectory } from '../host/local-directory.js';
import { isProcessGone } from '../host/process.js';
import type { Queue } from '../queue/queue.js';

/** The host-local side of a node: its name, and the directory of its locks, socket, spool and log. */
export interface NodePlace {
  readonly name: string;
  readonly directory: string;
  readonly feederLock: string;
  readonly feederFile: string;
  readonly log: string;
  /** Files for the jobs that runs now: their whole record, and commands too long for an argument. */
  readonly jobs: string;
}

const FeederFile = v.object({
  pid: v.number(),
  pidStart: v.number(),
  bootId: v.string(),
  /** It was told to end: it takes nothing new, and may still have jobs. */
  isEnding: v.boolean(),
});
export type FeederFile = v.InferOutput<typeof FeederFile>;

/**
 * The place of this host's node on `queue`. The name of the directory comes from the queue's uuid and
 * inode, so another spelling of the path or a shared home directory leads to the same one.
 */
export function nodePlace(queue: Queue, node?: string, base?: string): NodePlace {
  const name = node ?? shortHostName();
  const { dev, ino } = statSync(queue.directory);
  const directory = localDirectory({
    uuid: queue.uuid,
    directoryDev: dev,
    directoryIno: ino,
    node: name,
    ...(base === undefined ? {} : { base }),
  });
  return placeAt(name, directory);
}

export function placeAt(name: string, directory: string): NodePlace {
  return {
    name,
    directory,
    feederLock: join(directory, 'feeder.lock'),
    feederFile: join(directory, 'feeder'),
    log: join(directory, 'log'),
    jobs: join(directory, 'jobs'),
  };
}

/** Says that this process is the place's feeder. Only the holder of its lock may. */
export function writeFeeder(place: NodePlace, isEnding: boolean): void {
  const { pid, pidStart, bootId: boot } = thisProcess();
  const file: FeederFile = { pid, pidStart, bootId: boot, isEnding };
  const fresh = `${place.feederFile}.new`;
  writeFileSync(fresh, JSON.stringify(file), { mode: 0o600 });
  renameSync(fresh, place.feederFile);
}

/** The live feeder of a place, or null: proven by boot id, pid and start time, never by the file alone. */
export function readFeeder(place: NodePlace): FeederFile | null {
  let text: string;
  try {
    text = readFileSync(place.feederFile, 'utf8');
  } catch {
    return null;
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), FeederFile), text);
  if (!parsed.success || parsed.output.bootId !== bootId()) return null;
  return isProcessGone(parsed.output.pid, parsed.output.pidStart) ? null : parsed.output;
}
