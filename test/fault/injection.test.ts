import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tick } from '../../src/feeder/tick.js';
import { finishUploads } from '../../src/queue/inputs.js';
import { registerNode } from '../../src/queue/nodes.js';
import { openQueue } from '../../src/queue/open.js';
import type { Queue } from '../../src/queue/queue.js';
import { submitJobs } from '../../src/queue/submit.js';
import { makeQueue, newJob } from '../queue/make-queue.js';
import { Actor, leftovers, makeDirectory, problemsOf } from './queue-under-test.js';
import { INPUT_FILE, NODE, SHELL } from './samples.js';
import { type Call, callsOf, type Fault, inject } from './strace.js';

const ERRORS: readonly Fault[] = ['error=EIO', 'error=ENOSPC', 'error=EDQUOT', 'error=ESTALE'];
const FAULTS: readonly Fault[] = ['signal=SIGKILL', ...ERRORS];
const EVERYTHING = process.env['RQ_TEST_FULL'] === '1';
const SEED = Number(process.env['RQ_TEST_SEED'] ?? Math.floor(Math.random() * 1e6));
/** Which of five neighbours is tried where not all are. */
const EVERY = 5;
/** As many processes of ours at once as CI has cores. */
const LANES = 2;
/** Tries to hit the call that is meant. */
const AGAIN = 3;
/** Jobs in the queue whose last writer died: enough pages that some are written before the commit. */
const OLD_JOBS = 300;

interface Scenario {
  readonly operation: string;
  /** Makes a queue that is ready for the operation. */
  readonly prepare: (t: ExecutionContext) => Promise<Queue>;
  /** Whether the operation's effect is there, whole; a half one is told in words. */
  readonly effect: (queue: Queue) => boolean | string;
}

const SCENARIOS: Record<string, Scenario> = {
  'a submit with input': {
    operation: 'submit-input',
    prepare: async (t) => makeQueue(t),
    effect: inputEffect,
  },
  'a submit after a writer that died in mid-commit': {
    operation: 'submit',
    prepare: prepareCrashed,
    effect: crashedEffect,
  },
  'a claim': {
    operation: 'claim',
    prepare: prepareNode,
    effect: (queue) => among(queue, { 'pending,0,,': false, 'running,1,running,': true }),
  },
  'a settle': {
    operation: 'settle',
    async prepare(t) {
      const queue = await prepareNode(t);
      await tick(queue, { node: NODE, anyUser: true, settlements: [], shells: [SHELL] });
      return queue;
    },
    effect: (queue) => among(queue, { 'running,1,running,': false, 'finished,1,finished,3': true }),
  },
};

for (const [title, scenario] of Object.entries(SCENARIOS)) {
  test(`${title} is whole or not at all, whatever write fails or ends it`, async (t) => {
    const template = await scenario.prepare(t);
    template.close();
    const trial = new Trial(t, template.directory, scenario);
    const calls = await trial.enumerate();
    const plan = calls.flatMap((call, index) =>
      FAULTS.filter((fault) => isChosen(call, fault, index)).map((fault) => ({ call, fault })),
    );
    t.log(`${calls.length} calls, ${plan.length} faults, RQ_TEST_SEED=${SEED}`);
    const lane = async (): Promise<void> => {
      for (let next = plan.shift(); next !== undefined; next = plan.shift()) await trial.run(next);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    t.true(calls.length > 40, 'strace saw the operation');
    t.deepEqual(trial.wrong, []);
  });
}

/** Locks of SQLite are many and change nothing that lasts: they count as rarer errors do. */
function isChosen(call: Call, fault: Fault, index: number): boolean {
  if (EVERYTHING) return true;
  const isMain = fault === 'signal=SIGKILL' || fault === 'error=EIO';
  if (isMain && call.name !== 'fcntl') return true;
  return (index + SEED + FAULTS.indexOf(fault)) % EVERY === 0;
}

/** Runs one operation again and again, each time on a copy of the same queue. */
class Trial {
  readonly wrong: string[] = [];
  readonly #t: ExecutionContext;
  readonly #template: string;
  readonly #scenario: Scenario;
  readonly #base: string;
  readonly #idle: Actor[] = [];

  constructor(t: ExecutionContext, template: string, scenario: Scenario) {
    this.#t = t;
    this.#template = template;
    this.#scenario = scenario;
    this.#base = makeDirectory(t);
  }

  async enumerate(): Promise<Call[]> {
    const actor = await this.#actor();
    const directory = this.#copy();
    const calls = await callsOf(actor, directory, async () => {
      this.#t.is(await actor.ask(`${directory} ${this.#scenario.operation}`), 'COMMITTED');
    });
    this.#idle.push(actor);
    return calls;
  }

  async run({ call, fault }: { call: Call; fault: Fault }): Promise<void> {
    const what = `${fault} at ${call.name} ${call.ordinal}: ${call.text}`;
    try {
      let problems = await this.#fault(call, fault);
      // Threads wake each other by system calls too: a count may be off by one of those.
      for (let again = 0; again < AGAIN && problems === null; again += 1) {
        problems = await this.#fault(call, fault);
      }
      problems ??= ['it was not hit'];
      this.wrong.push(...problems.map((problem) => `${what}: ${problem}`));
    } catch (error) {
      this.wrong.push(`${what}: ${String(error)}`);
    }
  }

  /** What is wrong after the fault; null: another call than this one got it. */
  async #fault(call: Call, fault: Fault): Promise<string[] | null> {
    const actor = await this.#actor();
    const directory = this.#copy();
    let answer: string | null = null;
    const work = async (): Promise<void> => {
      answer = await actor.ask(`${directory} ${this.#scenario.operation}`);
    };
    const hit = await inject(actor, { directory, call, fault, work });
    if (answer !== null) this.#idle.push(actor);
    const problems = await this.#judge(directory, answer);
    rmSync(directory, { recursive: true });
    return hit || problems.length > 0 ? problems : null;
  }

  /** What is wrong with a queue after the operation gave that answer, or none since it was killed. */
  async #judge(directory: string, answer: string | null): Promise<string[]> {
    const queue = openQueue(directory, { waitMs: 10_000 });
    try {
      const effect = this.#scenario.effect(queue);
      const problems = typeof effect === 'string' ? [effect] : [];
      if (answer === 'COMMITTED' && effect !== true)
        problems.push('committed, and the effect is not there');
      // "Outcome unknown" promises nothing; any other failure says that nothing was done.
      if (answer !== null && /^FAILED (?!outcome-unknown)/.test(answer) && effect !== false) {
        problems.push(`the effect is there in spite of: ${answer}`);
      }
      if (answer?.startsWith('FAILED defect') === true) problems.push(answer);
      problems.push(...problemsOf(queue));
      await submitJobs(queue, [newJob({ tag: 'next' })]);
      problems.push(...problemsOf(queue), ...leftovers(queue));
      return problems;
    } catch (error) {
      return [String(error)];
    } finally {
      queue.close();
    }
  }

  /** A process that waits for its line, and that has loaded all that an operation needs. */
  async #actor(): Promise<Actor> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const actor = new Actor(this.#t, 'operate', []);
    await actor.says(/READY/);
    const scratch = this.#copy();
    await actor.ask(`${scratch} ${this.#scenario.operation}`);
    rmSync(scratch, { recursive: true });
    return actor;
  }

  #copy(): string {
    const directory = mkdtempSync(join(this.#base, 'q'));
    cpSync(this.#template, directory, { recursive: true });
    return directory;
  }
}

async function prepareNode(t: ExecutionContext): Promise<Queue> {
  const queue = makeQueue(t);
  await submitJobs(queue, [newJob()]);
  await queue.write('sign-on', (tx) => registerNode(tx, NODE));
  return queue;
}

async function prepareCrashed(t: ExecutionContext): Promise<Queue> {
  const queue = makeQueue(t);
  await submitJobs(
    queue,
    Array.from({ length: OLD_JOBS }, () => newJob({ tag: 'old' })),
  );
  queue.close();
  const holder = new Actor(t, 'crash', [queue.directory, 'torn']);
  t.is(await holder.ended(), 'SIGKILL', holder.said);
  return queue;
}

function crashedEffect(queue: Queue): boolean | string {
  const tags = values(queue, 'select tag, count(*) from jobs group by tag order by tag');
  if (tags === `old,${OLD_JOBS}`) return false;
  return tags === `fresh,1;old,${OLD_JOBS}` ? true : `tags ${tags}`;
}

function inputEffect(queue: Queue): boolean | string {
  const jobs = values(queue, `select tag, stdin, state from jobs`);
  if (jobs === '') return false;
  if (jobs !== 'fresh,stdin/1,pending') return `jobs ${jobs}`;
  // What the claimer would do before the go.
  const upload = queue.read(
    (db) => db.prepare<[], string | null>('select upload from jobs').pluck().get() ?? null,
  );
  const lost = finishUploads(queue, [{ jid: 1, stdin: 'stdin/1', data: null, upload }]);
  if (lost.length > 0) return 'its input is nowhere';
  const input = readFileSync(join(queue.directory, 'stdin/1'), 'utf8');
  return input === readFileSync(INPUT_FILE, 'utf8') ? true : 'its input is not what was submitted';
}

const STATE = `
  select j.state, j.attempt, a.outcome, j.exit_status
  from   jobs j left join attempts a using (jid)
`;

/** Which of the known states the queue is in. */
function among(queue: Queue, known: Record<string, boolean>): boolean | string {
  const state = values(queue, STATE);
  return known[state] ?? `state ${state}`;
}

function values(queue: Queue, sql: string): string {
  const rows = queue.read((db) => db.prepare<[], unknown[]>(sql).raw().all());
  return rows.map((row) => row.join(',')).join(';');
}
