// What an idle feeder and its runner cost: CPU over a while, and memory (PSS).
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { timeCommand } from './process.js';

const WINDOW_MS = 20_000;
const SETTLE_MS = 3_000;
const TICKS_PER_SECOND = 100;

export async function* measure({ rq, work }) {
  const queue = join(work, 'idle');
  timeCommand(rq, [queue, 'create', '-q']);
  timeCommand(rq, [queue, 'start', '--max-feed=2']);
  try {
    const feeder = Number(
      /pid: (\d+)/.exec(execFileSync(rq, [queue, 'pid'], { encoding: 'utf8' }))?.[1],
    );
    const runner = findRunner();
    await delay(SETTLE_MS);
    const before = cpuTicks(feeder) + cpuTicks(runner);
    await delay(WINDOW_MS);
    const ticks = cpuTicks(feeder) + cpuTicks(runner) - before;
    const percent = (100 * ticks) / TICKS_PER_SECOND / (WINDOW_MS / 1000);
    yield { what: 'idle feeder and runner, CPU', values: [percent], unit: '% of a core' };
    yield { what: 'idle feeder, memory', values: [pssMib(feeder)], unit: 'MiB' };
    yield { what: 'idle runner, memory', values: [pssMib(runner)], unit: 'MiB' };
  } finally {
    timeCommand(rq, [queue, 'shutdown', '-q']);
  }
}

/** The runner of this bench: the process whose command line names our local directory. */
function findRunner() {
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return line.includes('runner-main') && line.includes(process.env.RQ_LOCAL);
      } catch {
        return false;
      }
    });
  if (pid === undefined) throw new Error('no runner found');
  return Number(pid);
}

function cpuTicks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function pssMib(pid) {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
}
