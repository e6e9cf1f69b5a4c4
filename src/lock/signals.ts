import type { EventEmitter } from 'node:events';

/** What ends a Node process that does not listen for it, and what people and systems send. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Deferred = (typeof SIGNALS)[number];

let holds = 0;
let isListening = false;
let noted: Deferred | null = null;

/**
 * Puts off SIGINT, SIGTERM and SIGHUP until `resumeSignals`, where nobody else listens for them.
 *
 * A hold lasts milliseconds. Who dies inside one makes every other host wait for the TTL, only
 * because somebody pressed Ctrl-C at a bad moment.
 */
export function deferSignals(): void {
  holds += 1;
  if (isListening) return;
  // Once and for good: a listener removed at the end of a hold would take with it a signal that has
  // come but that the event loop has not yet delivered.
  isListening = true;
  for (const signal of SIGNALS) process.on(signal, note);
}

/** Ends the process by the signal that came meanwhile, as if it came now. */
export function resumeSignals(): void {
  holds -= 1;
  if (holds === 0 && noted !== null) die(noted);
}

function note(signal: NodeJS.Signals): void {
  // A feeder has its own listener, and decides.
  if (process.listenerCount(signal) - 1 - signalExitCount() > 0) return;
  noted = SIGNALS.find((name) => name === signal) ?? null;
  if (holds === 0 && noted !== null) die(noted);
}

function die(signal: Deferred): void {
  for (const name of SIGNALS) process.removeListener(name, note);
  process.kill(process.pid, signal);
}

/** Listeners of signal-exit (execa's), which only re-send a signal that nobody else takes. */
function signalExitCount(): number {
  const emitter: unknown = Reflect.get(process, Symbol.for('signal-exit emitter'));
  if (typeof emitter !== 'object' || emitter === null || !('count' in emitter)) return 0;
  return typeof emitter.count === 'number' ? emitter.count : 0;
}

/**
 * Runs `load` and takes back what it did to the process's signals and its end.
 *
 * proper-lockfile brings signal-exit, which listens for every deadly signal, sends it again and
 * replaces process.emit and process.reallyExit. With its listener there, Ctrl-C would wait for the
 * event loop, and another copy of signal-exit (execa's) would count wrong. Releasing at the end of
 * the process is done in lease.ts.
 */
export function withoutSignalHooks<T>(load: () => T): T {
  const emitter: EventEmitter = process;
  const before = new Map(emitter.eventNames().map((name) => [name, emitter.listeners(name)]));
  const replaced = ['emit', 'reallyExit', EMITTER].map((name) => ({
    name,
    descriptor: Object.getOwnPropertyDescriptor(process, name),
  }));
  try {
    return load();
  } finally {
    for (const { name, descriptor } of replaced) {
      if (descriptor === undefined) Reflect.deleteProperty(process, name);
      else Object.defineProperty(process, name, descriptor);
    }
    for (const name of emitter.eventNames()) {
      const known = before.get(name) ?? [];
      for (const listener of emitter.listeners(name)) {
        if (!known.includes(listener) && isListener(listener))
          emitter.removeListener(name, listener);
      }
    }
  }
}

/** Where signal-exit 3 keeps the count that other copies add to their own. */
const EMITTER = '__signal_exit_emitter__';

function isListener(value: unknown): value is (...args: unknown[]) => void {
  return typeof value === 'function';
}
