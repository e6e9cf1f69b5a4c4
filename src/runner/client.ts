import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { RqError, systemCode } from '../domain/error.js';
import { Connection } from './connection.js';
import { PROTOCOL_VERSION, Report } from './protocol.js';
import type { ArmedShell, Ending, Request } from './protocol.js';
import { startRunner } from './start.js';
import type { StartedRunner } from './start.js';

/** From the first try to the runner's welcome; armed shells leave within 2 s, a start takes 0.3 s. */
const CONNECT_MS_MAX = 20_000;
const RETRY_MS = 20;

export interface ConnectParams {
  readonly feederPid: number;
  /** argv after node by which the runner may start the feeder again, or null; `keep`: as it was told before. */
  readonly restart: readonly string[] | 'keep' | null;
  /** Start a runner if none is alive. */
  readonly start: boolean;
}

interface ClientEvents {
  armed: [shell: ArmedShell];
  disarmed: [token: string];
  ended: [ending: Ending];
  /** The runner is gone, or another feeder came. `reason` null: our own `close` or `bye`. */
  closed: [reason: string | null];
  newListener: [name: string | symbol];
}

type Welcome = Extract<Report, { op: 'welcome' }>;

/**
 * A feeder's line to its runner. Events that come before their first listener wait for it.
 */
export class RunnerClient extends EventEmitter<ClientEvents> {
  readonly runnerPid: number;
  /** Random id of the runner's spool. */
  readonly spool: string;
  readonly bootId: string;
  /** As of the welcome: attempts that run, and endings that no feeder has settled. */
  readonly running: Welcome['running'];
  readonly endings: readonly Ending[];
  readonly #connection: Connection;
  #waiting: (() => boolean)[] = [];
  #left = false;

  /**
   * Connects to the runner of a host-local directory. Every earlier connection is over then, and no
   * shell that was armed for it can start any more.
   *
   * @throws RqError `runner-failed`
   */
  static async connect(localDirectory: string, params: ConnectParams): Promise<RunnerClient> {
    const deadline = performance.now() + CONNECT_MS_MAX;
    let started: StartedRunner | null = null;
    for (;;) {
      const attempt = await tryConnect(
        localDirectory,
        params,
        Math.max(1, deadline - performance.now()),
      );
      if (attempt instanceof RunnerClient) return attempt;
      const failure = started?.failure() ?? (attempt.final ? attempt.reason : null);
      if (failure !== null)
        throw new RqError('runner-failed', `cannot reach the runner: ${failure}`);
      if (!params.start && attempt.absent) throw new RqError('runner-failed', 'no runner is alive');
      if (performance.now() > deadline) {
        throw new RqError('runner-failed', `the runner does not answer: ${attempt.reason}`);
      }
      if (attempt.absent && (started === null || started.isToTryAgain()))
        started = startRunner(localDirectory);
      await sleep(RETRY_MS);
    }
  }

  private constructor(connection: Connection, welcome: Welcome) {
    super();
    this.#connection = connection;
    this.runnerPid = welcome.runnerPid;
    this.spool = welcome.spool;
    this.bootId = welcome.bootId;
    this.running = welcome.running;
    this.endings = welcome.endings;
    this.on('newListener', () => queueMicrotask(() => this.#flush()));
  }

  /** Made by `tryConnect` alone. */
  static make(connection: Connection, welcome: Welcome): RunnerClient {
    return new RunnerClient(connection, welcome);
  }

  /** Keep this many shells armed beside the running attempts; each `go` takes one off. */
  arm(shells: number): void {
    this.#send({ op: 'arm', shells });
  }

  /** Starts `script` in the armed shell; void after `deadlineCs` hundredths of a second of uptime. */
  go(params: { token: string; deadlineCs: number; script: string }): void {
    this.#send({ op: 'go', ...params });
  }

  /** These endings are committed. */
  settled(tokens: readonly string[]): void {
    if (tokens.length > 0) this.#send({ op: 'settled', tokens: [...tokens] });
  }

  signal(tokens: readonly string[], name: string): void {
    if (tokens.length > 0) this.#send({ op: 'signal', tokens: [...tokens], signal: name });
  }

  /** Leaves on purpose: the runner does not restart the feeder and exits when nothing runs. */
  bye(): void {
    this.#send({ op: 'bye' });
    this.close();
  }

  /** Closes the line; the runner takes it for a death unless `bye` was said. */
  close(): void {
    this.#left = true;
    this.#connection.end();
  }

  /** Called by the connection. */
  receive(report: Report): void {
    switch (report.op) {
      case 'armed':
        this.#deliver(() => this.emit('armed', report.shell));
        return;
      case 'disarmed':
        this.#deliver(() => this.emit('disarmed', report.token));
        return;
      case 'ended':
        this.#deliver(() => this.emit('ended', report.ending));
        return;
      case 'welcome':
      case 'refused':
        return;
    }
  }

  /** Called by the connection. */
  lost(reason: string | null): void {
    const told = this.#left ? null : (reason ?? 'the runner closed the connection');
    this.#deliver(() => this.emit('closed', told));
  }

  /** In order: what nobody listens to holds back what came after it. */
  #deliver(event: () => boolean): void {
    this.#waiting.push(event);
    this.#flush();
  }

  #flush(): void {
    for (let event = this.#waiting[0]; event !== undefined; event = this.#waiting[0]) {
      this.#waiting.shift();
      if (event()) continue;
      this.#waiting.unshift(event);
      return;
    }
  }

  #send(request: Request): void {
    this.#connection.send(request);
  }
}

interface Failure {
  readonly reason: string;
  /** No runner listens. */
  readonly absent: boolean;
  /** Trying again is of no use. */
  readonly final: boolean;
}

async function tryConnect(
  localDirectory: string,
  params: ConnectParams,
  waitMs: number,
): Promise<RunnerClient | Failure> {
  let cookie: string;
  try {
    cookie = readFileSync(join(localDirectory, 'cookie'), 'utf8').trim();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return { reason: 'no cookie', absent: true, final: false };
  }
  const socket = createConnection(join(localDirectory, 's'));
  return new Promise((resolve) => {
    let client: RunnerClient | null = null;
    const limit = setTimeout(() => connection.destroy('no welcome in time'), waitMs);
    const connection: Connection = new Connection(socket, {
      onMessage(message) {
        const report = v.parse(Report, message);
        if (client !== null) return client.receive(report);
        clearTimeout(limit);
        if (report.op === 'welcome') {
          client = RunnerClient.make(connection, report);
          resolve(client);
        } else if (report.op === 'refused') {
          // The cookie may have been that of a runner just replaced.
          resolve({
            reason: report.reason,
            absent: false,
            final: report.reason.includes('version'),
          });
          connection.destroy();
        }
      },
      onClosed(reason) {
        clearTimeout(limit);
        if (client !== null) client.lost(reason);
        else
          resolve({ reason: reason ?? 'closed', absent: isAbsent(socket, reason), final: false });
      },
    });
    const { restart } = params;
    connection.send({
      op: 'hello',
      version: PROTOCOL_VERSION,
      cookie,
      feederPid: params.feederPid,
      restart: typeof restart === 'object' && restart !== null ? [...restart] : restart,
    } satisfies Request);
  });
}

function isAbsent(socket: Socket, reason: string | null): boolean {
  return socket.bytesRead === 0 && /ENOENT|ECONNREFUSED/.test(reason ?? '');
}
