// Submitting one job a command, and 10,000 from standard input in one transaction.
import { join } from 'node:path';
import { median, timeCommand } from './process.js';

const ROUNDS = 7;
const MANY = 10_000;

export function* measure({ rq, work }) {
  const queue = join(work, 'submit');
  timeCommand(rq, [queue, 'create', '-q']);
  const bare = [];
  const one = [];
  const many = [];
  const lines = Array.from({ length: MANY }, (_, index) => `true ${index}\n`).join('');
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(timeCommand(process.execPath, ['-e', '0']));
    one.push(timeCommand(rq, [queue, 'submit', '-q', 'true']));
    many.push(
      timeCommand(rq, [queue, 'submit', '-q', '-'], {
        input: lines,
        stdio: ['pipe', 'ignore', 'inherit'],
      }),
    );
  }
  const node = `node -e 0 takes ${median(bare).toFixed(0)} ms`;
  yield { what: 'submit of 1', values: one, unit: 'ms', against: node };
  yield { what: 'submit of 10,000', values: many, unit: 'ms', against: node };
}
