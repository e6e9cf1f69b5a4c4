// Measures rq on this machine and prints one table. Every figure is a median over rounds, with its
// spread; what is compared runs in turn in the same round, so read the ratios, not the milliseconds.
//
//   npm run bench                 all rows
//   npm run bench -- drain list   some
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as claim from './claim.js';
import * as drain from './drain.js';
import * as idle from './idle.js';
import * as latency from './latency.js';
import * as list from './list.js';
import * as startup from './startup.js';
import * as submit from './submit.js';

const ROWS = { startup, submit, latency, drain, claim, list, idle };
const root = new URL('..', import.meta.url).pathname;
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in ROWS));
if (unknown !== undefined) {
  console.error(`bench: no row ${unknown}; there are: ${Object.keys(ROWS).join(', ')}`);
  process.exit(2);
}

// 80 ms of each start of node would be the parsing of certificates that rq never uses.
delete process.env.NODE_EXTRA_CA_CERTS;
const work = mkdtempSync(join(tmpdir(), 'rq-bench-'));
process.env.HOME = work;
process.env.RQ_LOCAL = work;
const place = { root, work, rq: join(root, 'bin/rq') };
const cpu = cpus()[0]?.model ?? 'unknown processor';
const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], {
  encoding: 'utf8',
});
console.log(`# rq ${commit.trim()}, Node ${process.version}, ${cpus().length} x ${cpu}`);
console.log('| what | median | min - max | against |');
console.log('| --- | --: | --- | --- |');
try {
  for (const [name, row] of Object.entries(ROWS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for await (const line of row.measure(place)) console.log(formatRow(line));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function formatRow({ what, values, unit, against = '' }) {
  const sorted = values.toSorted((a, b) => a - b);
  const show = (value) => `${Number(value.toPrecision(3))} ${unit}`;
  const median = sorted[Math.floor(sorted.length / 2)];
  return `| ${what} | ${show(median)} | ${show(sorted[0])} - ${show(sorted.at(-1))} | ${against} |`;
}
