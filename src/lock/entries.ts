import { isProcessGone } from '../host/process.js';
import { randomHex } from '../host/random.js';
import { type ProcessIdentity, thisProcess } from '../host/identity.js';

/**
 * The names in a lease directory.
 *
 *     p.ID            a participant's heartbeat file
 *     g.N.held        hard link to the heartbeat file of the holder of generation N
 *     g.N.free        the same entry, renamed by its holder when it let go
 *     w.ID.K          the mark of one who has waited for a while; K rises while it waits
 *
 * An ID is HOST-PID-START-RANDOM: HOST stands for boot id and pid namespace, so that a look at the
 * name alone, without a read, tells whether its process is gone from this host.
 */
export interface LeaseEntries {
  /** The highest generation; 0 when there is none. */
  readonly maximum: number;
  /** Whether that generation is held: linked and not renamed. */
  readonly held: boolean;
  /** Both held and free: somebody linked a number that was already let go. Void for whoever did. */
  readonly both: boolean;
  readonly generations: readonly { readonly name: string; readonly generation: number }[];
  readonly participants: readonly string[];
  readonly marks: readonly string[];
}

export function parseEntries(names: readonly string[]): LeaseEntries {
  const generations: { name: string; generation: number }[] = [];
  const participants: string[] = [];
  const marks: string[] = [];
  let maximum = 0;
  for (const name of names) {
    if (name.startsWith('p.')) participants.push(name);
    else if (name.startsWith('w.')) marks.push(name);
    else if (/^g\.[1-9]\d{0,15}\.(held|free)$/.test(name)) {
      const generation = Number(name.split('.')[1]);
      generations.push({ name, generation });
      maximum = Math.max(maximum, generation);
    }
  }
  const linked = names.includes(heldName(maximum));
  const free = names.includes(freeName(maximum));
  return { maximum, held: linked && !free, both: linked && free, generations, participants, marks };
}

export function heldName(generation: number): string {
  return `g.${generation}.held`;
}

export function freeName(generation: number): string {
  return `g.${generation}.free`;
}

/** A new name for this process: no other ever had it. */
export function newParticipantId(): string {
  const { pid, pidStart } = thisProcess();
  return `${hostPart(thisProcess())}-${pid}-${pidStart}-${randomHex(6)}`;
}

/** Proof, from the name of a heartbeat file or a mark, that its process is gone from this host. */
export function isOwnerGone(name: string): boolean {
  const match = /^[pw]\.([0-9a-f]{24})-(\d+)-(\d+)-[0-9a-f]+(\.\d+)?$/.exec(name);
  if (match === null || match[1] !== hostPart(thisProcess())) return false;
  return isProcessGone(Number(match[2]), Number(match[3]));
}

let host: string | null = null;

/** 64 bits of the boot id, and the number of the pid namespace: `pid:[4026531836]`. */
function hostPart({ bootId, pidNamespace }: ProcessIdentity): string {
  if (host !== null) return host;
  const boot = bootId.replaceAll('-', '').slice(0, 16).padStart(16, '0');
  const namespace = Number(/\d+/.exec(pidNamespace)?.[0] ?? 0).toString(16);
  host = boot + namespace.padStart(8, '0').slice(-8);
  return host;
}
