import { Option } from 'clipanion';
import { RqError } from '../../domain/error.js';
import { jobCount } from '../command.js';
import type { NewJob } from '../../domain/job.js';
import type { Queue } from '../../queue/queue.js';
import { flag, text } from '../declare.js';
import { formatAnswer } from '../document.js';
import { EXIT } from '../exit.js';
import { readInputFile } from '../input-file.js';
import { JobPrinter } from '../output/print.js';
import { isTerminal, STDIN } from '../standard-streams.js';
import { StdinFile } from '../stdin-file.js';
import { SubmitterCommand } from '../submitter-command.js';

export class SubmitCommand extends SubmitterCommand {
  static override paths = [['submit']];

  readonly output = text('output');
  readonly fieldList = text('fields');
  readonly dryRun = flag('dry-run');
  readonly stage = flag('stage');
  readonly infile = text('infile');
  readonly literal = flag('literal');
  readonly words = Option.Rest();

  protected override async run(): Promise<number> {
    const { output, fieldList } = this;
    const printer = await JobPrinter.for(this.out, {
      output,
      fields: fieldList,
    });
    const dash = this.readsJobsFromStdin();
    const input = await StdinFile.from(this.stdin, { ...this.context, dash });
    try {
      const queue = await this.openQueueToChange();
      const jobs = await this.collect(queue, input.path, dash);
      if (jobs.length === 0) throw new RqError('nothing-matched', 'no jobs in the input');
      if (this.dryRun === true) return await this.printPlan(jobs);
      await this.submit(queue, jobs, printer);
      return EXIT.done;
    } finally {
      input.remove();
    }
  }

  /** A pipe without a command is a list of jobs, with `-` or without. */
  private readsJobsFromStdin(): boolean {
    const { dash } = this.context;
    if (dash && this.words.length > 0) {
      throw new RqError('usage', 'both a command and -: submit one of them');
    }
    if (dash || this.words.length > 0 || this.infile !== undefined) return dash;
    if (this.stdin === undefined && !isTerminal(STDIN)) return true;
    throw new RqError(
      'usage',
      'no command: rq QUEUE submit COMMAND, or a list of jobs with - or -i',
    );
  }

  private async collect(queue: Queue, stdinFile: string | null, dash: boolean): Promise<NewJob[]> {
    const { jobOfCommand, readJobInput } = await import('../job-input.js');
    const { NEW_JOB_DEFAULTS } = await import('../../domain/new-job.js');
    const here = process.cwd();
    const params = {
      defaults: {
        ...NEW_JOB_DEFAULTS,
        cwd: here,
        staged: this.stage === true,
        baseDirectory: here,
        queueDirectory: queue.directory,
      },
      overrides: {
        ...this.overrides(stdinFile),
        ...(this.stage === undefined ? {} : { staged: this.stage }),
      },
      literal: this.literal === true,
    };
    const jobs = this.words.length === 0 ? [] : [jobOfCommand(this.words, params)];
    if (this.infile !== undefined) {
      jobs.push(...(await readJobInput(readInputFile(this.infile), this.infile, queue, params)));
    }
    if (dash) jobs.push(...(await readJobInput(this.context.input(), 'stdin', queue, params)));
    return jobs;
  }

  /** Chunk by chunk, each printed once it is durable: the print is the acknowledgement. */
  private async submit(queue: Queue, jobs: readonly NewJob[], printer: JobPrinter): Promise<void> {
    const { SUBMIT_CHUNK, submitJobs } = await import('../../queue/submit.js');
    for (let start = 0; start < jobs.length; start += SUBMIT_CHUNK) {
      const stored = await submitJobs(queue, jobs.slice(start, start + SUBMIT_CHUNK));
      if (this.quiet !== true) await printer.print(stored);
    }
    if (this.quiet !== true) await printer.end();
  }

  private async printPlan(jobs: readonly NewJob[]): Promise<number> {
    this.note(`${jobCount(jobs.length)} would be submitted; nothing was changed`);
    if (this.quiet !== true) {
      await this.out.write(await formatAnswer(jobs.map(planned), this.output));
    }
    return EXIT.done;
  }
}

/** A new job as a record that could be submitted. */
function planned(job: NewJob): Record<string, unknown> {
  const { staged, stdinFile, dataPath, command, argv, ...fields } = job;
  const record = {
    state: staged ? 'holding' : 'pending',
    command,
    argv,
    ...fields,
    stdin: stdinFile,
    data: dataPath,
  };
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}
