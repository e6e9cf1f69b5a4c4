import test from 'ava';
import { shiftClock } from '../lock/fixtures/shift-clock.js';
import { makeQueue, submit } from './make-queue.js';

test("times are the file server's, whatever this host's clock says", async (t) => {
  const real = Date.now;
  let shiftMs = 0;
  shiftClock(() => shiftMs);
  const queue = makeQueue(t);
  const submitted: string[] = [];
  for (shiftMs of [0, 3_600_000, -3_600_000]) {
    const [job] = await submit(queue, {});
    submitted.push(job?.submitted ?? '');
  }
  t.deepEqual(submitted, submitted.toSorted());
  for (const time of submitted) {
    // Not a duration: an hour would show.
    t.true(Math.abs(Date.parse(time) - real()) < 1_800_000, time);
  }
});
