// Submit and run 10,000 times true, with the output kept, against xargs -P.
import { join } from 'node:path';
import { ratios, timeCommand } from './process.js';

const ROUNDS = 3;
const JOBS = 10_000;

export function* measure({ rq, work }) {
  for (const slots of [2, 8]) {
    const rates = [];
    const times = [];
    const floor = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const queue = join(work, `drain-${slots}-${round}`);
      timeCommand(rq, [queue, 'create', '-q']);
      const lines = 'true\n'.repeat(JOBS);
      timeCommand(rq, [queue, 'submit', '-q', '--shell=sh', '-'], {
        input: lines,
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      const ms = timeCommand(rq, [queue, 'feed', '--until-empty', `--max-feed=${slots}`, '-q']);
      rates.push(JOBS / (ms / 1000));
      times.push(ms);
      floor.push(
        timeCommand('sh', ['-c', `yes true | head -${JOBS} | xargs -d '\\n' -n1 -P${slots} sh -c`]),
      );
    }
    yield { what: `drain of 10,000 true, ${slots} slots`, values: rates, unit: 'jobs/s' };
    yield {
      what: `drain, ${slots} slots, ratio`,
      values: ratios(times, floor),
      unit: 'x',
      against: `xargs -P${slots} sh -c`,
    };
  }
}
