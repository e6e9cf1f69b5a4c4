import { Cli } from 'clipanion';
import { RqError } from '../domain/error.js';
import type { CommandLine } from './arguments.js';
import { COMMANDS } from './commands.js';
import type { RqContext } from './context.js';
import type { ModeName } from './modes.js';
import type { ParsedOption } from './scan.js';

/** Runs a mode. What it throws is for the caller to tell: clipanion would print it on stdout. */
export async function runCommand(
  mode: Exclude<ModeName, 'help' | 'version'>,
  line: CommandLine,
): Promise<number> {
  const cli = new Cli<RqContext>({ binaryName: 'rq', enableColors: false, enableCapture: false });
  cli.register(await COMMANDS[mode]());
  const input = [mode, ...line.options.map(asArgument), '--', ...line.words];
  const context = { queue: line.queue, dash: line.dash, input: () => process.stdin };
  let command;
  try {
    command = cli.process({ input, context });
  } catch (error) {
    // Only words where a mode takes none are left for clipanion to refuse.
    if (!(error instanceof Error)) throw error;
    const [word] = line.words;
    throw new RqError('usage', `${mode} takes no ${word === undefined ? 'such' : `"${word}"`}`);
  }
  const status = await command.execute();
  return typeof status === 'number' ? status : 0;
}

function asArgument({ name, value, negated }: ParsedOption): string {
  if (value !== null) return `--${name}=${value}`;
  return negated ? `--no-${name}` : `--${name}`;
}
