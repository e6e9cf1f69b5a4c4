import { type ProcessIdentity, thisProcess, userName } from '../host/identity.js';

/**
 * What a heartbeat file says: one line of JSON, padded with blanks to a fixed length, so that a beat
 * is one write in place that never changes the file's size.
 */
export interface BeatRecord extends Omit<ProcessIdentity, 'machineId'> {
  /** The participant's id. */
  readonly nonce: string;
  readonly user: string;
  /** Rises with every beat. */
  readonly beat: number;
  /** When its present hold began, epoch ms by the file server's clock; 0 before the first. */
  readonly since: number;
}

export const RECORD_BYTES = 512;
/** Longer host and user names are cut: they are for people, the nonce is for the protocol. */
const NAME_LENGTH_MAX = 64;

/** The part that stays the same in a process: all but beat and since. */
export type BeatIdentity = Omit<BeatRecord, 'beat' | 'since'>;

export function beatIdentity(nonce: string): BeatIdentity {
  const { host, pid, pidStart, bootId, pidNamespace } = thisProcess();
  return {
    nonce,
    host: host.slice(0, NAME_LENGTH_MAX),
    pid,
    pidStart,
    bootId,
    pidNamespace,
    user: userName().slice(0, NAME_LENGTH_MAX),
  };
}

export function formatRecord(record: BeatRecord): Buffer {
  const line = Buffer.from(JSON.stringify(record));
  if (line.length >= RECORD_BYTES) throw new Error(`a beat record of ${line.length} bytes`);
  const padded = Buffer.alloc(RECORD_BYTES, ' ');
  line.copy(padded);
  padded[RECORD_BYTES - 1] = 0x0a;
  return padded;
}

/** Null for what no rq wrote, or what was read in the middle of a write. */
export function parseRecord(bytes: Buffer): BeatRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
  return isRecord(value) ? value : null;
}

function isRecord(value: unknown): value is BeatRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return (
    ['nonce', 'host', 'bootId', 'pidNamespace', 'user'].every(
      (name) => typeof fields.get(name) === 'string',
    ) && ['pid', 'pidStart', 'beat', 'since'].every((name) => Number.isFinite(fields.get(name)))
  );
}
