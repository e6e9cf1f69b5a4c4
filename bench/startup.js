// The command's own start against bare node.
import { ratios, timeCommand } from './process.js';

const ROUNDS = 15;

export function* measure({ rq }) {
  const version = [];
  const bare = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    version.push(timeCommand(rq, ['--version']));
    bare.push(timeCommand(process.execPath, ['-e', '0']));
  }
  yield { what: 'start-up: rq --version', values: version, unit: 'ms' };
  yield { what: 'start-up: node -e 0', values: bare, unit: 'ms' };
  yield { what: 'start-up, ratio', values: ratios(version, bare), unit: 'x', against: 'node -e 0' };
}
