// Looking at a queue of 100,000 jobs.
import { join } from 'node:path';
import { median, timeCommand } from './process.js';

const ROUNDS = 5;
const JOBS = 100_000;

export function* measure({ rq, work }) {
  const queue = join(work, 'list');
  timeCommand(rq, [queue, 'create', '-q']);
  const lines = Array.from({ length: JOBS }, (_, index) => `true ${index}\n`).join('');
  const submitted = timeCommand(rq, [queue, 'submit', '-q', '-'], {
    input: lines,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  yield { what: 'submit of 100,000', values: [submitted], unit: 'ms' };
  const bare = [];
  const head = [];
  const status = [];
  const whole = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(timeCommand(process.execPath, ['-e', '0']));
    head.push(timeCommand('sh', ['-c', `'${rq}' '${queue}' list | head`]));
    status.push(timeCommand(rq, [queue, 'status']));
    whole.push(timeCommand(rq, [queue, 'list']));
  }
  const node = `node -e 0 takes ${median(bare).toFixed(0)} ms`;
  yield { what: 'list | head at 100,000', values: head, unit: 'ms', against: node };
  yield { what: 'status at 100,000', values: status, unit: 'ms', against: node };
  yield { what: 'list of 100,000 as YAML', values: whole, unit: 'ms', against: node };
}
