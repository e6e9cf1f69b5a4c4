import { selectFields } from '../../domain/fields.js';
import type { Job } from '../../domain/job.js';
import { formatOf, jobFormat } from './format.js';
import type { JobFormat } from './job-format.js';
import { terminalColumns } from '../standard-streams.js';
import type { Sink } from './sink.js';

/** `--output` and `--fields` as written. */
export interface PrintOptions {
  readonly output: string | undefined;
  readonly fields: string | undefined;
}

/**
 * Jobs on their way to stdout. Made before any work is done, so that options that make no sense are
 * told before anything changes.
 */
export class JobPrinter {
  readonly #out: Sink;
  readonly #format: JobFormat;

  private constructor(out: Sink, format: JobFormat) {
    this.#out = out;
    this.#format = format;
  }

  /** @throws RqError `usage` */
  static async for(out: Sink, options: PrintOptions): Promise<JobPrinter> {
    const columns = terminalColumns();
    const fields = options.fields === undefined ? null : selectFields(options.fields);
    return new JobPrinter(out, await jobFormat(formatOf(options.output), { fields, columns }));
  }

  /** Prints jobs as they come, at the reader's pace, and lets the reader have them. */
  async print(jobs: Iterable<Job>): Promise<void> {
    for (const job of jobs) await this.#out.write(this.#format.job(job));
    await this.#out.flush();
  }

  async end(): Promise<void> {
    await this.#out.write(this.#format.end());
    await this.#out.flush();
  }
}
