import type { Job, JobField } from '../../domain/job.js';
import { formatDuration } from '../../domain/time.js';
import type { FormatOptions, JobFormat } from './job-format.js';
import { cellsOf, fitCells, onOneLine } from './width.js';

type Column = JobField | 'exit';

const COLUMNS: readonly Column[] = [
  ...(['jid', 'state', 'priority', 'tag', 'runner', 'elapsed', 'exit', 'command'] as const),
];
/** Widths are fixed after so many jobs: a table of a million jobs still streams. */
const MEASURED_JOBS = 500;
const COLUMN_WIDTH_MAX = 24;
const LAST_WIDTH_MIN = 20;
const NUMBERS: ReadonlySet<Column> = new Set(['jid', 'priority', 'elapsed', 'exit', 'pid', 'cpu']);

interface Measured {
  readonly widths: readonly number[];
  readonly columns: number | null;
}

/** Columns for people. The last one takes what is left of the terminal's width. */
export function tableFormat({ fields, columns }: FormatOptions): JobFormat {
  const names = fields ?? COLUMNS;
  let waiting: string[][] = [names.map(title)];
  let widths: number[] | null = null;
  const drain = (): string => {
    widths ??= measure(waiting);
    const measured = { widths, columns };
    const text = waiting.map((row) => `${layOut(row, names, measured)}\n`).join('');
    waiting = [];
    return text;
  };
  return {
    job(job) {
      waiting.push(names.map((name) => cell(job, name)));
      return widths === null && waiting.length <= MEASURED_JOBS ? '' : drain();
    },
    end: drain,
  };
}

function title(name: Column): string {
  return name.toUpperCase();
}

function cell(job: Job, name: Column): string {
  if (name === 'exit') return job.signal ?? String(job.exit_status ?? '');
  const value = job[name];
  if (value === null) return '';
  if (name === 'elapsed' && typeof value === 'number') return formatDuration(value);
  return onOneLine(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** The usual width of each column but the last, which is as wide as it may. */
function measure(rows: readonly string[][]): number[] {
  const count = (rows[0]?.length ?? 1) - 1;
  return Array.from({ length: count }, (_, column) =>
    Math.min(COLUMN_WIDTH_MAX, Math.max(...rows.map((row) => cellsOf(row[column] ?? '')))),
  );
}

/** A later, longer jid pushes its row to the right: cut off it would name another job. */
function layOut(row: readonly string[], names: readonly Column[], measured: Measured): string {
  let line = '';
  let used = 0;
  for (const [column, width] of measured.widths.entries()) {
    const text = fitCells(row[column] ?? '', COLUMN_WIDTH_MAX);
    const pad = ' '.repeat(Math.max(0, width - cellsOf(text)));
    line += NUMBERS.has(names[column] ?? 'command') ? `${pad}${text}  ` : `${text}${pad}  `;
    used += Math.max(width, cellsOf(text)) + 2;
  }
  const last = row.at(-1) ?? '';
  const rest = measured.columns === null ? Infinity : measured.columns - used;
  return `${line}${fitCells(last, Math.max(LAST_WIDTH_MIN, rest))}`.trimEnd();
}
