import { randomBytes, timingSafeEqual } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import * as v from 'valibot';
import { thisProcess } from '../host/identity.js';
import type { Log } from '../log.js';
import { Connection } from './connection.js';
import { PROTOCOL_VERSION, Request, isSignal } from './protocol.js';
import type { Report } from './protocol.js';

/** What the server drives: `Attempts`. */
export interface Served {
  running(): { token: string; pid: number; pidStart: number }[];
  endings(): Extract<Report, { op: 'welcome' }>['endings'];
  keepArmed(shells: number): void;
  go(token: string, deadlineCs: number, script: string): void;
  settled(tokens: readonly string[]): void;
  signal(tokens: readonly string[], signal: NodeJS.Signals): void;
  letGoAll(): Promise<void>;
}

export interface ServerParams {
  readonly localDirectory: string;
  readonly spoolId: string;
  readonly attempts: Served;
  readonly log: Log;
  readonly onFeeder: (restart: readonly string[] | 'keep' | null) => void;
  /** The feeder is gone; `bye`: on purpose. */
  readonly onFeederGone: (bye: boolean) => void;
}

type Hello = Extract<Request, { op: 'hello' }>;

/** Listens for one feeder at a time: a later hello ends the earlier connection. */
export class RunnerServer {
  readonly #params: ServerParams;
  readonly #cookie = randomBytes(32).toString('hex');
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** The feeder we obey; it is heard only after its welcome. */
  #feeder: Connection | null = null;
  #welcomed = false;

  constructor(params: ServerParams) {
    this.#params = params;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Makes cookie and socket; both replace what a dead runner left. */
  async listen(): Promise<void> {
    const { localDirectory } = this.#params;
    const socket = join(localDirectory, 's');
    const aside = `${socket}.${process.pid}`;
    rmSync(aside, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(aside, resolve);
    });
    writeFileSync(join(localDirectory, 'cookie.new'), this.#cookie, { mode: 0o600 });
    renameSync(join(localDirectory, 'cookie.new'), join(localDirectory, 'cookie'));
    renameSync(aside, socket);
  }

  report(report: Report): void {
    if (this.#welcomed) this.#feeder?.send(report);
  }

  hasFeeder(): boolean {
    return this.#feeder !== null;
  }

  close(): void {
    rmSync(join(this.#params.localDirectory, 's'), { force: true });
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
  }

  #accept(socket: Socket): void {
    const connection: Connection = new Connection(socket, {
      onMessage: (message) => this.#hear(connection, message),
      onClosed: (reason) => {
        this.#connections.delete(connection);
        if (this.#feeder === connection) this.#lose(false, reason);
      },
    });
    this.#connections.add(connection);
  }

  #hear(connection: Connection, message: unknown): void {
    const parsed = v.safeParse(Request, message);
    if (!parsed.success) {
      connection.destroy(`bad message: ${parsed.issues[0].message}`);
      return;
    }
    const request = parsed.output;
    if (request.op === 'hello') {
      // Nothing can be awaited here; a failure inside is a defect and ends the runner.
      void this.#welcome(connection, request);
      return;
    }
    if (connection !== this.#feeder || !this.#welcomed) {
      connection.destroy('no hello');
      return;
    }
    this.#obey(connection, request);
  }

  async #welcome(connection: Connection, hello: Hello): Promise<void> {
    const refusal = this.#refusal(hello);
    if (refusal !== null) {
      connection.send({ op: 'refused', reason: refusal } satisfies Report);
      connection.end();
      return;
    }
    this.#feeder = connection;
    this.#welcomed = false;
    for (const other of this.#connections)
      if (other !== connection) other.destroy('another feeder came');
    this.#params.onFeeder(hello.restart);
    await this.#params.attempts.letGoAll();
    // A still later feeder may have come meanwhile, or this one may have gone.
    if (this.#feeder !== connection) return;
    this.#params.log.info('feeder.welcome', { pid: hello.feederPid });
    this.#welcomed = true;
    connection.send({
      op: 'welcome',
      version: PROTOCOL_VERSION,
      runnerPid: process.pid,
      spool: this.#params.spoolId,
      bootId: thisProcess().bootId,
      running: this.#params.attempts.running(),
      endings: this.#params.attempts.endings(),
    } satisfies Report);
  }

  #refusal(hello: Hello): string | null {
    const given = Buffer.from(hello.cookie);
    const wanted = Buffer.from(this.#cookie);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 'wrong cookie';
    if (hello.version === PROTOCOL_VERSION) return null;
    return `this runner speaks version ${PROTOCOL_VERSION}, the feeder ${hello.version}`;
  }

  #obey(connection: Connection, request: Exclude<Request, Hello>): void {
    const { attempts, log } = this.#params;
    switch (request.op) {
      case 'arm':
        attempts.keepArmed(request.shells);
        return;
      case 'go':
        attempts.go(request.token, request.deadlineCs, request.script);
        return;
      case 'settled':
        attempts.settled(request.tokens);
        return;
      case 'signal':
        if (isSignal(request.signal)) attempts.signal(request.tokens, request.signal);
        else log.warn('signal.unknown', { signal: request.signal });
        return;
      case 'bye':
        this.#lose(true, null);
        connection.end();
        return;
    }
  }

  #lose(bye: boolean, reason: string | null): void {
    this.#feeder = null;
    this.#welcomed = false;
    this.#params.log.info('feeder.gone', { bye, reason });
    // At once: a claim whose go has not come by now is void. Nobody waits for the end of it here.
    void this.#params.attempts.letGoAll();
    this.#params.onFeederGone(bye);
  }
}
