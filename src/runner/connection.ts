import type { Socket } from 'node:net';
import { LINE_LENGTH_MAX } from './protocol.js';

export interface ConnectionListener {
  /** One line of JSON, parsed, of unknown shape. */
  onMessage(message: unknown): void;
  /** Once, for whatever reason. `reason` is null for a plain end. */
  onClosed(reason: string | null): void;
}

/** Newline-delimited JSON over a socket: the framing that feeder and runner share. */
export class Connection {
  readonly #socket: Socket;
  readonly #listener: ConnectionListener;
  #rest = '';
  #reason: string | null = null;

  constructor(socket: Socket, listener: ConnectionListener) {
    this.#socket = socket;
    this.#listener = listener;
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.#read(chunk));
    socket.on('error', (error) => (this.#reason ??= error.message));
    socket.on('close', () => listener.onClosed(this.#reason));
  }

  send(message: object): void {
    if (!this.#socket.writable) return;
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Ends it after what was sent. */
  end(): void {
    this.#socket.end();
    // Without this a peer that never ends its side would keep us alive.
    this.#socket.resume().setTimeout(1_000, () => this.#socket.destroy());
  }

  destroy(reason: string | null = null): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_LENGTH_MAX) {
      this.destroy('a line is too long');
      return;
    }
    for (const line of lines) {
      if (this.#socket.destroyed) return;
      let message: unknown;
      try {
        message = JSON.parse(line);
      } catch {
        this.destroy('a line is not JSON');
        return;
      }
      this.#listener.onMessage(message);
    }
  }
}
