import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { EXIT } from '../../src/cli/exit.js';
import { MODE_NAMES, MODES } from '../../src/cli/modes.js';
import { OPTION_NAMES, OPTIONS } from '../../src/cli/options.js';

/** Compiled tests lie in BUILD/test/cli. */
const PAGE = new URL('../../../man/rq.1', import.meta.url).pathname;

test('the manual names every mode with its short forms', (t) => {
  const page = readFileSync(PAGE, 'utf8');
  for (const name of MODE_NAMES) {
    const short = MODES[name].short.join(' , ');
    const item = short === '' ? `.It Cm ${name}\n` : `.It Cm ${name} Pq Cm ${short}\n`;
    t.true(page.includes(item), item);
  }
});

test('the manual names every option with its letter and value', (t) => {
  const page = readFileSync(PAGE, 'utf8');
  for (const name of OPTION_NAMES) {
    const { short, value } = OPTIONS[name];
    const letter = short === undefined ? '' : `Fl ${short} , `;
    const line = page.split('\n').find((text) => isItemOf(text, `.It ${letter}Fl Fl ${name}`));
    t.truthy(line, name);
    t.is(line?.includes(' Ar ') ?? false, value !== undefined, name);
  }
});

test('the manual names every exit status', (t) => {
  const page = readFileSync(PAGE, 'utf8');
  for (const status of Object.values(EXIT)) t.true(page.includes(`\n.It ${status}\n`), `${status}`);
});

test('mandoc finds nothing to complain about', (t) => {
  const { error } = spawnSync('mandoc', ['-V']);
  if (error !== undefined) {
    t.fail('mandoc is not installed: apt-get install mandoc');
    return;
  }
  t.is(execFileSync('mandoc', ['-Tlint', '-Wwarning', PAGE], { encoding: 'utf8' }), '');
});

function isItemOf(line: string, item: string): boolean {
  return line === item || line.startsWith(`${item} `);
}
