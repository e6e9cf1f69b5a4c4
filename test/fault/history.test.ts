import test from 'ava';
import { deleteJobs } from '../../src/queue/delete.js';
import { holdJobs, releaseJobs } from '../../src/queue/hold.js';
import type { Queue } from '../../src/queue/queue.js';
import { resubmitJobs } from '../../src/queue/resubmit.js';
import { claim, makeNode, makeQueue, settle, submit } from '../queue/make-queue.js';
import { checkHistory, readHistory, type History, type JobRecord } from './history.js';

const job = (jid: number): { kind: 'jids'; ranges: [number, number][] } => ({
  kind: 'jids',
  ranges: [[jid, jid]],
});

/**
 * A true history of a real queue. Job 1 failed and ran again by its user's word, 2 is held, 3 was
 * deleted, 4 was lost, rescued and runs, 5 never got its go, 6 was lost and its result came late.
 */
async function makeHistory(): Promise<History> {
  const endings: (() => unknown)[] = [];
  const queue = makeQueue({ teardown: (ending) => endings.push(ending) });
  try {
    return await fill(queue);
  } finally {
    for (const ending of endings) await ending();
  }
}

async function fill(queue: Queue): Promise<History> {
  const node = await makeNode(queue);
  await submit(queue, {}, {}, {});
  await submit(queue, { restartable: true }, {}, {});
  await holdJobs(queue, job(2));
  await deleteJobs(queue, job(3));
  const [one, four, five, six] = await claim(queue, node, 4);
  if (one === undefined || four === undefined || five === undefined || six === undefined) {
    throw new Error('four jobs were pending');
  }
  await settle(queue, one.token, { exitStatus: 3 });
  await settle(queue, four.token, { outcome: 'lost' });
  await settle(queue, five.token, { outcome: 'unrun' });
  await settle(queue, six.token, { outcome: 'lost' });
  await settle(queue, six.token, { exitStatus: 6 });
  await resubmitJobs(queue, job(1), { staged: true });
  await releaseJobs(queue, job(1));
  const [again, rescued] = await claim(queue, node, 2);
  if (again === undefined || rescued === undefined) throw new Error('two jobs were pending');
  await settle(queue, again.token, { exitStatus: null, signal: 'SIGKILL' });
  const records = [
    ...ran(one.jid, 1, one.token, 10),
    ...ran(four.jid, 1, four.token, 20),
    ...ran(six.jid, 1, six.token, 30),
    ...ran(again.jid, 2, again.token, 40),
    ...ran(rescued.jid, 2, rescued.token, 50).slice(0, 1),
  ];
  return readHistory(queue, { records, acknowledged: [1, 2, 3, 4, 5], generationsSeen: [1, 5, 9] });
}

function ran(jid: number, attempt: number, token: string, uptimeS: number): JobRecord[] {
  const record = { jid, attempt, token };
  return [
    { ...record, kind: 'start', uptimeS },
    { ...record, kind: 'end', uptimeS: uptimeS + 5 },
  ];
}

/** The rows with one of them, found by its place, changed. */
function withRow<Row>(rows: readonly Row[], index: number, change: Partial<Row>): Row[] {
  return rows.map((row, at) => (at === index ? { ...row, ...change } : row));
}

/** Made once: every transaction waits for the disk. */
const truth = makeHistory();

test('a true history is found to be true', async (t) => {
  t.deepEqual(checkHistory(await truth), []);
});

/** Each tells one thing that never happened, and by which words it must be found. */
const FORGERIES: readonly (readonly [
  title: string,
  found: RegExp,
  forge: (history: History) => Partial<History>,
])[] = [
  [
    'an attempt that started twice',
    /attempt 1 of job 1 started twice/,
    ({ records }) => ({ records: [...records.slice(0, 2), ...records] }),
  ],
  [
    'two attempts of one job at a time',
    /attempt 2 of job 1 started while attempt 1 ran/,
    ({ records }) => ({ records: records.filter((_, index) => index !== 1) }),
  ],
  [
    'an end without a start',
    /attempt 1 of job 6 ended and had not started/,
    ({ records }) => ({ records: records.filter((_, index) => index !== 4) }),
  ],
  [
    'a command that ran under a claim that was rolled back',
    /attempt 2 of job 4 ran under a token that was never claimed/,
    ({ records }) => ({ records: withRow(records, 8, { token: 'ffffffffffffffff' }) }),
  ],
  [
    'a command that ran and is recorded as never run',
    /attempt 1 of job 5 ran and is recorded as never run/,
    ({ records, attempts }) => {
      const { token = '' } = attempts.find(({ jid }) => jid === 5) ?? {};
      return { records: [...records, ...ran(5, 1, token, 60)] };
    },
  ],
  [
    'a missing row of an attempt',
    /job 1 is at attempt 2 and has rows of 1/,
    ({ attempts }) => ({ attempts: attempts.slice(1) }),
  ],
  [
    'an attempt left open by a finished job',
    /job 6 is finished and has 1 open attempts/,
    ({ attempts }) => ({ attempts: withRow(attempts, 5, { outcome: 'running' }) }),
  ],
  [
    'a result of another attempt than the current one',
    /job 1 has another result than its last attempt/,
    ({ jobs }) => ({ jobs: withRow(jobs, 0, { exit_status: 3, signal: null }) }),
  ],
  [
    'an illegal arrow',
    /job 2 went from holding to running/,
    ({ events }) => ({
      events: [
        ...events,
        {
          id: 99,
          at: '9999',
          operation: 'claim',
          jid: 2,
          jid_last: 2,
          before: '{"state":"holding"}',
          after: '{"state":"running","attempt":1}',
        },
      ],
    }),
  ],
  [
    'a lost event',
    /job 1 was running and resubmit says finished/,
    ({ events }) => {
      const at = events.findIndex(({ operation, jid }) => operation === 'settle' && jid === 1);
      return { events: events.filter((_, index) => index !== at) };
    },
  ],
  [
    'an attempt that was settled twice',
    /job 1 was finished and was settled/,
    ({ events }) => {
      const [settled] = events.filter(({ operation, jid }) => operation === 'settle' && jid === 1);
      return { events: settled === undefined ? events : [...events, { ...settled, at: '9999' }] };
    },
  ],
  [
    'a claim that skipped an attempt',
    /job 4 went from attempt 1 to 3 by claim/,
    ({ events }) => {
      const at = events.findLastIndex(({ operation, jid }) => operation === 'claim' && jid === 4);
      return { events: withRow(events, at, { after: '{"state":"running","attempt":3}' }) };
    },
  ],
  [
    'a job that is not as its events left it',
    /job 2 is pending at attempt 0, by its events holding/,
    ({ jobs }) => ({ jobs: withRow(jobs, 1, { state: 'pending' }) }),
  ],
  [
    'two commits under one generation',
    /generation 3 was committed after 3/,
    ({ commits }) => ({ commits: withRow(commits, 3, { generation: 3 }) }),
  ],
  [
    'a generation that fell',
    /generation 2 was seen after 7/,
    () => ({ generationsSeen: [1, 7, 2] }),
  ],
  [
    'a queue clock that ran back',
    /the queue clock ran back at 4/,
    ({ commits }) => ({ commits: withRow(commits, 3, { at: '1970-01-01T00:00:00.000Z' }) }),
  ],
  [
    'an acknowledged job that is not there',
    /job 7 was acknowledged and is not in the queue/,
    ({ acknowledged }) => ({ acknowledged: [...acknowledged, 7] }),
  ],
  [
    'a jid given to two submitters',
    /one jid was acknowledged twice/,
    ({ acknowledged }) => ({ acknowledged: [...acknowledged, 1] }),
  ],
  [
    'a job that vanished',
    /6 jobs were submitted, 5 are there/,
    ({ jobs }) => ({ jobs: jobs.slice(0, -1) }),
  ],
];

for (const [title, found, forge] of FORGERIES) {
  test(`the checker sees ${title}`, async (t) => {
    const history = await truth;
    const wrong = checkHistory({ ...history, ...forge(history) });
    t.true(
      wrong.some((line) => found.test(line)),
      `${found} is not in ${JSON.stringify(wrong)}`,
    );
  });
}
