// From the start of the submitting command, and from its end, to the job's first instruction, on an
// idle node of this host.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { percentile, timeCommand } from './process.js';

const JOBS = 60;

export async function* measure({ rq, work }) {
  const queue = join(work, 'latency');
  timeCommand(rq, [queue, 'create', '-q']);
  timeCommand(rq, [queue, 'start', '--max-feed=2']);
  const fromSubmit = [];
  const fromAcknowledged = [];
  try {
    for (let index = 0; index < JOBS; index += 1) {
      const stamp = join(work, `stamp-${index}`);
      const began = Date.now();
      timeCommand(rq, [
        queue,
        'submit',
        '-q',
        '--shell=sh',
        `date +%s.%N >${stamp}.new; mv ${stamp}.new ${stamp}`,
      ]);
      const acknowledged = Date.now();
      while (!existsSync(stamp)) await delay(2);
      const started = Number(readFileSync(stamp, 'utf8')) * 1000;
      fromSubmit.push(started - began);
      fromAcknowledged.push(started - acknowledged);
      await delay(50);
    }
  } finally {
    timeCommand(rq, [queue, 'shutdown', '-q']);
  }
  const row = (what, values, percent) => ({
    what: `${what}, p${percent}`,
    values: [percentile(values, percent)],
    unit: 'ms',
    against: `${JOBS} jobs, idle node`,
  });
  yield row('submit command to start', fromSubmit, 50);
  yield row('submit command to start', fromSubmit, 99);
  yield row('end of submit to start', fromAcknowledged, 50);
  yield row('end of submit to start', fromAcknowledged, 99);
}
