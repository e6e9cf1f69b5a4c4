import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { faultPoint } from '../fault.js';
import { finishUploads, removeUpload, uploadedJob, uploadInputs } from './inputs.js';
import type { Queue } from './queue.js';
import type { StoredJob } from './row.js';

/** Uploaded stdin files by jid. */
export type StdinUploads = ReadonlyMap<number, string>;

/** What shall become of the stdin of the jobs that a change meets. */
export interface NewStdin {
  /** The file to copy, null to take the stdin away, absent to leave it. */
  readonly stdinFile?: string | null;
}

/** Copies the new stdin once for each job, before the transaction. */
export function uploadStdin(
  queue: Queue,
  { stdinFile }: NewStdin,
  jids: () => readonly number[],
): StdinUploads {
  const uploads = new Map<number, string>();
  if (typeof stdinFile !== 'string') return uploads;
  try {
    for (const jid of jids()) {
      const name = uploadInputs(queue, { stdinFile, dataPath: null });
      if (name !== null) uploads.set(jid, name);
    }
  } catch (error) {
    for (const name of uploads.values()) removeUpload(queue, name);
    throw error;
  }
  faultPoint('inputs-uploaded');
  return uploads;
}

/**
 * The job with its new stdin, inside the transaction. What an earlier submitter has not renamed yet is
 * renamed now: later it would come over the new file, and the row can name only one upload.
 */
export function withStdin(
  queue: Queue,
  { stdinFile }: NewStdin,
  uploads: StdinUploads,
  { before, after }: { readonly before: StoredJob; readonly after: StoredJob },
): StoredJob {
  if (stdinFile === undefined) return after;
  finishUploads(queue, [uploadedJob(before)]);
  const { jid } = before.job;
  const stdin = stdinFile === null ? null : `stdin/${jid}`;
  return { ...after, job: { ...after.job, stdin }, upload: uploads.get(jid) ?? null };
}

/** After the commit: the new files get their names, stdin that was taken away goes. */
export function finishStdin(
  queue: Queue,
  { stdinFile }: NewStdin,
  changed: readonly StoredJob[],
): void {
  if (stdinFile === undefined) return;
  if (stdinFile === null) {
    for (const { job } of changed) {
      rmSync(join(queue.paths.stdin, String(job.jid)), { force: true });
    }
    return;
  }
  finishUploads(queue, changed.map(uploadedJob));
  faultPoint('inputs-renamed');
}
