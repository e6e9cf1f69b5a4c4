import { faultPoint } from '../fault.js';
import { thisProcess } from '../host/identity.js';
import { readProcessStat } from '../host/process.js';
import { monotonicMs, uptimeMs } from '../host/uptime.js';
import type { Log } from '../log.js';
import { Arming } from './arming.js';
import { AttemptTable } from './attempt-table.js';
import type { Attempt } from './attempt-table.js';
import { endedAs, unrunAs } from './ending.js';
import { signalAttempt } from './judge.js';
import { Orphans } from './orphans.js';
import type { Ending, Report } from './protocol.js';
import { Sampler } from './sampler.js';
import type { Slot } from './slot.js';
import type { Slots } from './slots.js';
import type { Spool } from './spool.js';

export interface AttemptsParams {
  readonly spool: Spool;
  readonly log: Log;
  /** What the feeder is to hear; nobody may be listening. */
  readonly report: (report: Report) => void;
  /** Called after every change: something may now be over. */
  readonly changed: () => void;
}

/** All attempts of a runner, from armed shell to settled ending. Knows no socket. */
export class Attempts {
  readonly #table: AttemptTable;
  readonly #params: AttemptsParams;
  readonly #slots: Slots;
  readonly #arming: Arming;
  readonly #sampler: Sampler;
  readonly #orphans: Orphans;

  constructor(params: AttemptsParams, makeSlots: (attempts: Attempts) => Slots) {
    this.#params = params;
    this.#table = new AttemptTable();
    this.#sampler = new Sampler(() =>
      this.#table.inPhase((attempt) => attempt.phase === 'running'),
    );
    this.#orphans = new Orphans({
      spool: params.spool,
      log: params.log,
      orphans: () => this.#table.orphans(),
      started: (attempt) => this.#table.started(attempt),
      conclude: (attempt, ending) => this.#conclude(attempt, ending),
      forget: (attempt) => this.#forget(attempt),
    });
    this.#slots = makeSlots(this);
    const { spool, log } = params;
    this.#arming = new Arming({ table: this.#table, slots: this.#slots, spool, log });
  }

  /** Takes over what an earlier runner left in the spool. Endings are then in `endings`. */
  adopt(): void {
    const { spool, log } = this.#params;
    for (const token of spool.tokens()) {
      const shell = spool.readShell(token);
      if (shell === null) {
        // Nobody was told of it, so nobody can have claimed for it; its shell met the end of the pipe.
        spool.remove(token);
        continue;
      }
      const phase = spool.readMarker(token) === null ? 'leaving' : 'running';
      this.#table.add({ token, phase, shell, claimed: true });
      log.info('attempt.adopted', { token, pid: shell.pid, phase });
    }
    this.#orphans.watch();
    if (this.running().length > 0) this.#sampler.started();
  }

  running(): { token: string; pid: number; pidStart: number }[] {
    return this.#table.running();
  }

  endings(): Ending[] {
    return this.#table.endings();
  }

  /** True when no shell and no job of ours is alive. */
  isQuiet(): boolean {
    return this.#table.isQuiet();
  }

  keepArmed(shells: number): void {
    this.#arming.keep(shells);
  }

  go(token: string, deadlineCs: number, script: string): void {
    const attempt = this.#table.get(token);
    if (attempt === undefined) {
      // Let go meanwhile; only a gone shell is forgotten.
      this.#params.report({ op: 'ended', ending: unrunAs(token) });
      return;
    }
    if (attempt.phase === 'leaving') attempt.claimed = true;
    if (attempt.phase !== 'armed') return;
    attempt.claimed = true;
    this.#arming.used();
    attempt.refusal = this.#refusal(token, deadlineCs, script);
    if (attempt.refusal !== null) {
      this.#arming.letGo(attempt);
      return;
    }
    attempt.phase = 'running';
    attempt.goMs = monotonicMs();
    attempt.slot?.go(token, deadlineCs);
    faultPoint('runner-go');
    this.#sampler.started();
  }

  settled(tokens: readonly string[]): void {
    for (const token of tokens) {
      const attempt = this.#table.get(token);
      // What still runs is never forgotten.
      if (attempt !== undefined && attempt.ending === null) continue;
      this.#table.remove(token);
      this.#params.spool.remove(token);
    }
    this.#params.changed();
  }

  /** To all processes of the attempts' sessions. */
  signal(tokens: readonly string[], signal: NodeJS.Signals): void {
    for (const token of tokens) {
      const attempt = this.#table.get(token);
      if (attempt?.phase === 'running' && attempt.shell !== null)
        signalAttempt(token, attempt.shell, signal);
    }
  }

  /** Lets every armed shell go; resolves when none is left, so that no earlier claim can start. */
  async letGoAll(): Promise<void> {
    this.#arming.letGoAll();
    await this.#table.whenNoneLeaves();
  }

  /** Ends the slot shells that have no job. Jobs go on. */
  close(): void {
    this.#arming.close();
    this.#sampler.close();
    this.#orphans.close();
    this.#slots.close();
  }

  onArmed(slot: Slot, token: string, pid: number): void {
    const attempt = this.#table.get(token);
    const stat = readProcessStat(pid);
    // Already gone: its end is on the way.
    if (attempt === undefined || attempt.phase !== 'arming' || stat === null) return;
    const { bootId, pidNamespace } = thisProcess();
    const shell = {
      pid,
      pidStart: stat.startTicks,
      slotPid: slot.pid,
      slotStart: slot.pidStart,
      bootId,
      pidNamespace,
    };
    try {
      this.#params.spool.writeShell(token, shell);
    } catch (error) {
      this.#params.log.error('shell.unrecorded', { token, error: String(error) });
      this.#arming.letGo(attempt);
      return;
    }
    attempt.shell = shell;
    attempt.phase = 'armed';
    faultPoint('runner-armed');
    this.#params.report({ op: 'armed', shell: { token, pid, pidStart: shell.pidStart } });
  }

  onEnded(slot: Slot, token: string, code: number, note: boolean): void {
    const attempt = this.#table.get(token);
    this.#slots.giveBack(slot);
    if (attempt === undefined) return;
    const marker = this.#params.spool.readMarker(token);
    if (attempt.phase !== 'running' || marker === null) {
      if (attempt.claimed) this.#conclude(attempt, unrunAs(token, attempt.refusal));
      else this.#forget(attempt);
      return;
    }
    // The line on the pipe tells as much, should the block be unreadable.
    const told = { code, note, uptimeMs: uptimeMs(), cpuSeconds: null };
    this.#conclude(
      attempt,
      endedAs({
        token,
        marker,
        status: this.#params.spool.readStatus(token) ?? told,
        seenMs: attempt.goMs === null ? null : monotonicMs() - attempt.goMs,
        maxRssKib: attempt.maxRssKib,
        reason: this.#params.spool.readReason(token),
      }),
    );
  }

  onGone(slot: Slot): void {
    this.#slots.forget(slot);
    const attempt = slot.token === null ? undefined : this.#table.get(slot.token);
    if (attempt !== undefined) {
      this.#params.log.warn('slot.lost', {
        slot: slot.number,
        pid: slot.pid,
        token: attempt.token,
      });
      attempt.slot = null;
      if (attempt.phase === 'armed') attempt.phase = 'leaving';
      if (attempt.shell === null) this.#forget(attempt, 'later');
      else this.#orphans.watch();
    }
    this.#params.changed();
  }

  /** Null when the shell may have its go and finds its script. */
  #refusal(token: string, deadlineCs: number, script: string): string | null {
    if (uptimeMs() > deadlineCs * 10) {
      this.#params.log.warn('go.late', { token });
      return 'its go came too late';
    }
    try {
      this.#params.spool.writeScript(token, script);
      return null;
    } catch (error) {
      this.#params.log.error('script.unwritten', { token, error: String(error) });
      return error instanceof Error ? error.message : String(error);
    }
  }

  #conclude(attempt: Attempt, ending: Ending): void {
    this.#table.conclude(attempt, ending);
    this.#params.report({ op: 'ended', ending });
    faultPoint('runner-reported');
    this.#params.changed();
  }

  /** For a shell that is gone and that nobody claimed for. */
  #forget(attempt: Attempt, when: 'now' | 'later' = 'now'): void {
    this.#table.remove(attempt.token);
    this.#params.spool.remove(attempt.token);
    if (attempt.shell !== null) this.#params.report({ op: 'disarmed', token: attempt.token });
    this.#arming.again(when);
    this.#params.changed();
  }
}
