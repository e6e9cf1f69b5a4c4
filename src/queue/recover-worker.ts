import { workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { openQueue } from './open.js';
import { NOT_RECOVERED, RECOVERED } from './recover-journal.js';

// Thread of recover-journal.ts: any transaction plays a hot journal back when it begins.
const { directory, force, cell } = v.parse(
  v.object({ directory: v.string(), force: v.boolean(), cell: v.instance(Int32Array) }),
  workerData,
);

async function recover(): Promise<void> {
  let result = NOT_RECOVERED;
  try {
    const queue = openQueue(directory, { force });
    await queue.write('recover-journal', () => undefined);
    queue.close();
    result = RECOVERED;
  } finally {
    Atomics.store(cell, 0, result);
    Atomics.notify(cell, 0);
  }
}

void recover();
