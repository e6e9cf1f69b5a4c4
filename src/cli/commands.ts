import type { Command } from 'clipanion';
import type { RqContext } from './context.js';
import type { ModeName } from './modes.js';

export type RqCommandClass = new () => Command<RqContext>;

/** Loads the one command that runs: each mode pays for its own modules only. `help` needs none. */
export const COMMANDS: Readonly<
  Record<Exclude<ModeName, 'help' | 'version'>, () => Promise<RqCommandClass>>
> = {
  create: async () => (await import('./commands/create.js')).CreateCommand,
  submit: async () => (await import('./commands/submit.js')).SubmitCommand,
  resubmit: async () => (await import('./commands/resubmit.js')).ResubmitCommand,
  retry: async () => (await import('./commands/retry.js')).RetryCommand,
  list: async () => (await import('./commands/list.js')).ListCommand,
  status: async () => (await import('./commands/status.js')).StatusCommand,
  query: async () => (await import('./commands/query.js')).QueryCommand,
  update: async () => (await import('./commands/update.js')).UpdateCommand,
  delete: async () => (await import('./commands/delete.js')).DeleteCommand,
  hold: async () => (await import('./commands/hold.js')).HoldCommand,
  release: async () => (await import('./commands/release.js')).ReleaseCommand,
  wait: async () => (await import('./commands/wait.js')).WaitCommand,
  run: async () => (await import('./commands/run.js')).RunCommand,
  feed: async () => (await import('./commands/feed.js')).FeedCommand,
  start: async () => (await import('./commands/start.js')).StartCommand,
  shutdown: async () => (await import('./commands/control.js')).ShutdownCommand,
  stop: async () => (await import('./commands/control.js')).StopCommand,
  restart: async () => (await import('./commands/control.js')).RestartCommand,
  pid: async () => (await import('./commands/control.js')).PidCommand,
  feeder: async () => (await import('./commands/control.js')).FeederModeCommand,
  stdin: async () => (await import('./commands/streams.js')).StdinCommand,
  stdout: async () => (await import('./commands/streams.js')).StdoutCommand,
  stderr: async () => (await import('./commands/streams.js')).StderrCommand,
  stdin4: async () => (await import('./commands/streams.js')).Stdin4Command,
  stdout4: async () => (await import('./commands/streams.js')).Stdout4Command,
  stderr4: async () => (await import('./commands/streams.js')).Stderr4Command,
  tail: async () => (await import('./commands/tail.js')).TailCommand,
};
