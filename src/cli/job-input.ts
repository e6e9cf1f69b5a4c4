import { RqError } from '../domain/error.js';
import type { NewJob } from '../domain/job.js';
import { parseNewJob, type NewJobDefaults } from '../domain/new-job.js';
import { splitShellWords } from '../domain/shell-words.js';
import { readJob } from '../queue/select.js';
import type { Queue } from '../queue/queue.js';
import type { JobOverrides } from './submitter-command.js';

export interface JobInputParams {
  readonly defaults: NewJobDefaults;
  readonly overrides: JobOverrides;
  /** `--literal`. */
  readonly literal: boolean;
}

/**
 * The job of a command line: one word is a shell line; several are an exact argument vector, unless a
 * shell is asked for.
 *
 * @throws RqError `bad-document`
 */
export function jobOfCommand(words: readonly string[], params: JobInputParams): NewJob {
  const [only] = words;
  const record = words.length === 1 ? { command: only } : { argv: words };
  return complete(parseNewJob(record, 'command line', params.defaults), params.overrides);
}

/**
 * The jobs of a stream of records or lines. All of it is read and checked before the first job may be
 * submitted.
 *
 * @throws RqError `bad-document` naming source, line, job and field
 */
export async function readJobInput(
  input: AsyncIterable<Buffer | string>,
  source: string,
  queue: Queue,
  params: JobInputParams,
): Promise<NewJob[]> {
  const { readDocuments } = await import('../yaml/read.js');
  const { defaults, overrides, literal } = params;
  const jobs: NewJob[] = [];
  for await (const { record, line, index } of readDocuments(input, { source, literal })) {
    const where = `${source}:${line}: job ${index}`;
    refuseForeignInputs(queue, record, overrides, where);
    jobs.push(complete(parseNewJob(record, where, defaults), overrides));
  }
  return jobs;
}

/**
 * A listed job's `stdin: stdin/3` is a path in the queue that listed it. In another queue the same
 * path is another job's input, or nobody's.
 */
function refuseForeignInputs(
  queue: Queue,
  record: Readonly<Record<string, unknown>>,
  overrides: JobOverrides,
  where: string,
): void {
  const { jid, submitted } = record;
  const takesStdin = record['stdin'] != null && overrides.stdinFile === undefined;
  const takesData = record['data'] != null && overrides.dataPath === undefined;
  if (typeof jid !== 'number' || !(takesStdin || takesData)) return;
  const job = readJob(queue, jid);
  if (job !== null && (submitted === undefined || submitted === job.submitted)) return;
  const option = takesStdin ? 'stdin' : 'data';
  throw new RqError(
    'bad-document',
    `${where}: ${option}: ${String(record[option])} belongs to a job of another queue; give --${option}`,
  );
}

function complete(job: NewJob, overrides: JobOverrides): NewJob {
  const whole = { ...job, ...overrides };
  const { argv, shell } = whole;
  if (argv === null && shell === 'none') return { ...whole, argv: splitShellWords(whole.command) };
  // Asked for a shell, so the words run in one; the command quotes them as they are.
  if (argv !== null && shell !== null && shell !== 'none') return { ...whole, argv: null };
  return whole;
}
