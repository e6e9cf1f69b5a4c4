import { execFileSync } from 'node:child_process';
import test from 'ava';

const FIXTURE = new URL('./fixtures/stream-jobs.js', import.meta.url).pathname;
/** What V8 may use for all that lives long: a stream that keeps its jobs needs several times this. */
const HEAP_LIMIT_MIB = 64;

interface Figures {
  readonly read: number;
  readonly lastJid: number;
  readonly heapGrowthMib: number;
  readonly buffersGrowthMib: number;
}

function stream(count: number, format: string): Figures {
  const args = [`--max-old-space-size=${HEAP_LIMIT_MIB}`, FIXTURE, String(count), format];
  const figures: Figures = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  return figures;
}

for (const [format, count] of [
  ['yaml', 100_000],
  ['json', 100_000],
  ['slow', 10_000],
] as const) {
  test(`${count} jobs pass through in constant memory (${format})`, (t) => {
    const figures = stream(count, format);
    t.log(figures);
    t.is(figures.read, count);
    t.is(figures.lastJid, count);
    t.true(figures.heapGrowthMib < 60);
    t.true(figures.buffersGrowthMib < 20);
  });
}
