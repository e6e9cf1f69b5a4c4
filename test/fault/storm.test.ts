import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { peekHolder } from '../../src/lock/lease.js';
import { SETTINGS } from '../../src/queue/settings.js';
import { processesWithToken } from '../../src/host/process.js';
import { Host, readText, SHORT_TIMES } from '../process/host.js';
import { checkHistory, groupByJid, readHistory, type History } from './history.js';
import { recount } from './recount.js';
import { parseRecords, truthOf } from './storm-job.js';
import { Storm } from './storm.js';

const IS_FULL = process.env['RQ_TEST_FULL'] === '1';
const SIZE = IS_FULL
  ? { jobs: 10_000, killEveryMs: 300, restartMs: null, limitMs: 90 * 60_000 }
  : { jobs: 2_000, killEveryMs: 1_000, restartMs: 600, limitMs: 8 * 60_000 };
const JOBS = Number(process.env['RQ_TEST_JOBS'] ?? SIZE.jobs);
const SEED = Number(process.env['RQ_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
/** A lease directory is tidied by its holders; what the last few left may still be there. */
const LEASE_FILES_MAX = 40;

test('a storm of kills loses no job, runs none twice and leaves nothing behind', async (t) => {
  t.timeout(SIZE.limitMs + 120_000);
  t.log(`RQ_TEST_SEED=${SEED}`);
  const host = new Host(t);
  const defaults = Object.fromEntries(SETTINGS.map(({ name, fallback }) => [name, fallback]));
  host.create(IS_FULL ? defaults : SHORT_TIMES);
  const file = join(host.base, 'ran');
  const note = (text: string): void => t.log(text);
  const storm = new Storm(host, file, { ...SIZE, jobs: JOBS, seed: SEED, note });
  await storm.rage();
  t.log(`kills: ${JSON.stringify(storm.kills)}`);
  for (const node of storm.nodes) for (const line of node.complaints) t.log(`${node.name} ${line}`);

  const records = parseRecords(readText(file));
  const { acknowledged } = storm.submitters;
  const { generationsSeen } = storm;
  const history = readHistory(host.queue, { records, acknowledged, generationsSeen });
  t.deepEqual(checkHistory(history), []);
  checkJobs(t, history);
  checkBatches(t, host, storm);
  await checkNothingLeft(t, host, history);
  t.is(
    host.queue.read((db) => db.pragma('integrity_check', { simple: true })),
    'ok',
  );
  t.deepEqual(...recount(host.queue));
});

/** Nothing but rq itself was killed, so every job has run to its own end, and once if it wanted so. */
function checkJobs(t: ExecutionContext, { jobs, records }: History): void {
  const starts = groupByJid(records.filter(({ kind }) => kind === 'start'));
  const ends = groupByJid(records.filter(({ kind }) => kind === 'end'));
  const wrong: string[] = [];
  for (const job of jobs) {
    const told = `job ${job.jid}: ${JSON.stringify(job)}`;
    const [started, ended] = [starts, ends].map((lines) => lines.get(job.jid)?.length ?? 0);
    const { exit_status, signal } = truthOf(job.jid);
    const isTrue = job.exit_status === exit_status && job.signal === signal;
    if (job.state !== 'finished' || !isTrue) wrong.push(`${told}: not its true end`);
    if (started === 0 || (started !== 1 && job.restartable === 0)) {
      wrong.push(`${told}: started ${started} times`);
    }
    if (started !== ended) wrong.push(`${told}: started ${started} times, ended ${ended}`);
  }
  t.deepEqual(wrong, []);
}

/** A submit is there as a whole or not at all; killed after its commit it is there unacknowledged. */
function checkBatches(t: ExecutionContext, host: Host, { submitters }: Storm): void {
  const count = host.queue.read((db) =>
    db.prepare<[string], number>('select count(*) from jobs where tag = ?').pluck(),
  );
  for (const { tag, size, acknowledged, isAnswered } of submitters.batches) {
    const there = host.queue.read(() => count.get(tag)) ?? 0;
    const isWhole = there === size || (there === 0 && acknowledged.length === 0 && !isAnswered);
    t.true(isWhole, `${tag}: ${there} of ${size}, ${acknowledged.length} acknowledged`);
  }
}

async function checkNothingLeft(t: ExecutionContext, host: Host, history: History): Promise<void> {
  await host.nothingLeft();
  const [last] = history.attempts.slice(-1);
  t.deepEqual(last === undefined ? [] : processesWithToken(last.token), []);
  t.is(peekHolder(host.queue.paths.lease), null);
  t.false(readText('/proc/net/unix').includes(host.base), 'a socket listens');
  t.true(readdirSync(host.queue.paths.lease).length < LEASE_FILES_MAX);
  for (const node of ['a', 'b', 'c', 'd']) {
    const place = host.place(node);
    t.deepEqual(readdirSync(join(place.directory, 'spool')), ['id'], `spool of ${node}`);
    t.deepEqual(readdirSync(place.jobs), [], `job files of ${node}`);
  }
}
