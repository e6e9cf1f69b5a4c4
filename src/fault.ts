import { writeSync } from 'node:fs';

/** Every place where a test may kill or stop a process of rq. */
export const FAULT_POINTS = [
  'lease-acquired',
  'transaction-begun',
  'journal-fenced',
  'transaction-worked',
  'transaction-guarded',
  'transaction-committed',
  'lease-released',
  'inputs-uploaded',
  'inputs-renamed',
  'jobs-claimed',
  'go-sent',
  'jobs-settled',
  'runner-armed',
  'runner-go',
  'runner-reported',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/**
 * Ends or stops this process when a test asked for it: `RQ_FAULT=name` kills it there with SIGKILL,
 * `RQ_FAULT=name:stop` stops it with SIGSTOP. In use it does nothing.
 */
export function faultPoint(name: FaultPoint): void {
  const wanted = process.env['RQ_FAULT'];
  if (wanted === undefined) return;
  const [point, how] = wanted.split(':');
  if (point !== name) return;
  writeSync(2, `rq: fault ${name} pid ${process.pid}\n`);
  process.kill(process.pid, how === 'stop' ? 'SIGSTOP' : 'SIGKILL');
}
