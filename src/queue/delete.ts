import type { JobQuery } from '../domain/selection.js';
import { changeJobs, type ChangeOptions, type Changed } from './change.js';
import { recordEvent } from './events.js';
import { finishUploads, uploadedJob } from './inputs.js';
import type { Queue } from './queue.js';
import { refuseAlive } from './resubmit.js';
import { toParameters, type StoredJob } from './row.js';
import { statement } from './statement.js';
import type { WriteTransaction } from './transaction.js';
import { moveToTrash } from './trash.js';
import { bump } from './wake.js';

/**
 * Takes jobs out of the queue into its trash, where they stay for `trash_keep_s`. Running jobs are
 * skipped, and jobs only presumed dead unless forced.
 */
export async function deleteJobs(
  queue: Queue,
  query: JobQuery,
  options: ChangeOptions = {},
): Promise<Changed> {
  return changeJobs(
    queue,
    query,
    {
      operation: 'delete',
      decide: (stored) => refuseAlive(stored, options.force === true) ?? stored,
      apply: trashJob,
      afterCommit: (deleted) => {
        finishUploads(queue, deleted.map(uploadedJob));
        for (const { job } of deleted) moveToTrash(queue, job);
        // Whoever waits for one of them must learn that it will not end.
        bump(queue.paths.wakeEnds);
      },
    },
    options,
  );
}

const insertTrash = statement<{ jid: number; deleted: string; job: string }, never>(
  'insert into trash (jid, deleted, job) values (:jid, :deleted, :job)',
);
const deleteRow = statement<{ jid: number; state: string; attempt: number }, never>(
  'delete from jobs where jid = :jid and state = :state and attempt = :attempt',
);

/** The whole row goes into the trash, so that it can come back as it was. */
function trashJob(tx: WriteTransaction, before: StoredJob): void {
  const { jid, state, attempt } = before.job;
  insertTrash(tx.db).run({ jid, deleted: tx.now, job: JSON.stringify(toParameters(before)) });
  const { changes } = deleteRow(tx.db).run({ jid, state, attempt });
  if (changes !== 1) throw new Error(`job ${jid} changed inside a transaction`);
  recordEvent(tx, 'delete', jid, { before: { state, attempt }, after: null });
}
