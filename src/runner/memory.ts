import { readFileSync, readdirSync } from 'node:fs';

/** A tree deeper or wider than this is sampled in part: a sample must stay cheap. */
const PROCESSES_MAX = 2_000;

/**
 * Resident memory of a process and its descendants in KiB, or null when it is gone.
 *
 * At least the largest peak that the kernel kept for any one of them (VmHWM), so that a short peak of
 * a single process is seen between two samples.
 */
export function treeRssKib(root: number): number | null {
  const waiting = [root];
  let seen = 0;
  let sum = 0;
  let peak = 0;
  for (let pid = waiting.pop(); pid !== undefined && seen < PROCESSES_MAX; pid = waiting.pop()) {
    const status = readText(`/proc/${pid}/status`);
    const rss = kibOf(status, 'VmRSS');
    if (rss === null) continue;
    seen += 1;
    sum += rss;
    peak = Math.max(peak, kibOf(status, 'VmHWM') ?? 0);
    for (const thread of threadsOf(pid, status)) {
      const children = readText(`/proc/${pid}/task/${thread}/children`);
      for (const child of children.split(' ')) if (child !== '') waiting.push(Number(child));
    }
  }
  return seen === 0 ? null : Math.max(sum, peak);
}

/** A child is listed under the thread that forked it. */
function threadsOf(pid: number, status: string): (number | string)[] {
  if (status.includes('\nThreads:\t1\n')) return [pid];
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [pid];
  }
}

function kibOf(status: string, name: string): number | null {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status);
  return found === null ? null : Number(found[1]);
}

/** Empty when the process is gone or not ours. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
