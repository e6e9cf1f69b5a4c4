import { readFileSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { RqError } from '../domain/error.js';
import { parseArguments, type CommandLine } from './arguments.js';
import { EXIT, explain } from './exit.js';
import {
  appendLine,
  STDERR,
  STDOUT,
  withoutStreamObjects,
  writeLine,
  writeTo,
} from './standard-streams.js';
import { processSurroundings } from './surroundings.js';

/**
 * The entry of rq. It reads the command line before it loads anything: `--version` and help answer
 * from here, and each mode loads only its own modules.
 */
async function main(argv: readonly string[]): Promise<number> {
  let line: CommandLine | null = null;
  try {
    refuseBrokenText(argv);
    line = parseArguments(argv, processSurroundings());
    if (line.mode === 'help') return await printHelp(line.words);
    if (line.mode === 'version') {
      const { VERSION } = await import('../version.js');
      return await print(`rq ${VERSION}\n`);
    }
    const { runCommand } = await withoutStreamObjects(() => import('./run-command.js'));
    return await runCommand(line.mode, line);
  } catch (error) {
    return report(error, line, argv.length === 0);
  }
}

async function printHelp(words: readonly string[]): Promise<number> {
  const { helpText } = await import('./help.js');
  return print(helpText(words));
}

async function print(text: string): Promise<number> {
  await writeTo(STDOUT, Buffer.from(text));
  return EXIT.done;
}

/** One line on stderr, and in the log if the command line named one. */
async function report(error: unknown, line: CommandLine | null, isBare: boolean): Promise<number> {
  const failure = explain(error);
  if (isBare) {
    const { shortUsage } = await import('./help.js');
    writeLine(STDERR, shortUsage());
    return failure.status;
  }
  if (failure.line === null) return failure.status;
  writeLine(STDERR, `rq: ${failure.line}`);
  if (process.env['RQ_DEBUG'] && error instanceof Error) writeLine(STDERR, error.stack ?? '');
  const log = line?.options.findLast((option) => option.name === 'log')?.value;
  if (log != null) appendLine(log, `rq: ${failure.line}`);
  return failure.status;
}

/** Node decodes arguments as UTF-8 and loses the bytes that are none: a job must not run so. */
function refuseBrokenText(argv: readonly string[]): void {
  if (!argv.some((argument) => argument.includes('\ufffd'))) return;
  if (isUtf8(readFileSync('/proc/self/cmdline'))) return;
  throw new RqError('usage', 'an argument is not UTF-8 text; a file name in another encoding?');
}

// A whole exit: standard input that nobody reads any more must not keep rq alive.
void main(process.argv.slice(2)).then((status) => process.exit(status));
