// Runs the named suites (unit, process, fault) with ava and ends with "N passed, N failed".
// Tests get a HOME of their own: a slow login profile would make every job slow.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import './compile.js';

const root = new URL('..', import.meta.url).pathname;
/** Minutes a suite may take on two cores; .ci/run adds them up. */
const BUDGET_MINUTES = { unit: 2, process: 4, fault: 10, full: 120 };
const suites = process.argv.slice(2);

const home = mkdtempSync(join(tmpdir(), 'rq-home-'));
const env = { ...process.env, HOME: home, FORCE_COLOR: '0' };
// Node parses the whole bundle at every start where this is set: 80 ms for each rq that a test runs.
delete env.NODE_EXTRA_CA_CERTS;
for (const name of Object.keys(env))
  if (name.startsWith('RQ_') && !name.startsWith('RQ_TEST')) delete env[name];

let passed = 0;
let failed = 0;
let spentSeconds = 0;
let budgetSeconds = 0;
for (const suite of suites) {
  const minutes = process.env.RQ_TEST_FULL === '1' ? BUDGET_MINUTES.full : BUDGET_MINUTES[suite];
  const started = Date.now();
  console.log(`# ${suite}: at most ${minutes} min`);
  const status = await runSuite(suite, minutes);
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`# ${suite}: ${seconds} s`);
  if (status !== 0 && failed === 0) failed += 1;
  spentSeconds += seconds;
  budgetSeconds += minutes * 60;
}
// Of all suites together: one may lend what another leaves.
if (spentSeconds > budgetSeconds) {
  console.log(`# over the budget of ${budgetSeconds / 60} min`);
  failed += 1;
}
rmSync(home, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function runSuite(suite, minutes) {
  const files = testFiles(suite);
  const ava = join(root, 'node_modules/.bin/ava');
  if (!existsSync(ava)) throw new Error('ava is not installed: run npm install');
  const child = spawn(ava, ['--tap', `--timeout=${minutes}m`, ...suiteOptions(suite), ...files], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) count(line);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

/** A suite is a folder of test/, but for `unit`, which is all that is no suite of its own. */
function testFiles(suite) {
  const folder = join(root, 'build/test');
  const isOwn = (name) => /^(process|fault)\//.test(name);
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .filter((name) => (suite === 'unit' ? !isOwn(name) : name.startsWith(`${suite}/`)))
    .map((name) => join('build/test', name));
}

function suiteOptions(suite) {
  // Process and fault tests are many processes each: one file at a time keeps two cores honest.
  return suite === 'unit' ? ['--concurrency=2'] : ['--concurrency=1', '--serial'];
}

function count(line) {
  if (line.startsWith('ok ')) passed += 1;
  else if (line.startsWith('not ok ')) failed += 1;
  else if (/^(TAP|1\.\.|# (tests|pass|fail|skip))/.test(line) || line.trim() === '') return;
  console.log(line);
}
