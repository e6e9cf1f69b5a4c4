import type { Log } from '../log.js';
import type { Attempt } from './attempt-table.js';
import { endedAs, lostAs, unrunAs } from './ending.js';
import { judgeAttempt, signalAttempt } from './judge.js';
import type { Ending } from './protocol.js';
import type { ShellRecord } from './spool-record.js';
import type { Spool } from './spool.js';

/** Adopted jobs are looked at this often; nothing tells us of the end of another's child. */
const LOOK_MS = 200;

export interface OrphansParams {
  readonly spool: Spool;
  readonly log: Log;
  readonly orphans: () => readonly Attempt[];
  /** A marker appeared: the go of a runner that died had reached the shell. */
  readonly started: (attempt: Attempt) => void;
  readonly conclude: (attempt: Attempt, ending: Ending) => void;
  /** Gone unrun, and nobody claimed for it. */
  readonly forget: (attempt: Attempt) => void;
}

/** Watches the attempts that no slot of this runner waits for, through /proc and the spool. */
export class Orphans {
  readonly #params: OrphansParams;
  #timer: NodeJS.Timeout | null = null;

  constructor(params: OrphansParams) {
    this.#params = params;
  }

  /** Looks at once, then again as long as there is an orphan. */
  watch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const attempt of this.#params.orphans()) {
      if (attempt.shell !== null) this.#look(attempt, attempt.shell);
    }
    if (this.#params.orphans().length === 0) return;
    this.#timer = setTimeout(() => this.watch(), LOOK_MS);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #look(attempt: Attempt, shell: ShellRecord): void {
    const { token, maxRssKib } = attempt;
    const { spool, log, conclude, forget } = this.#params;
    const verdict = judgeAttempt(spool, token, shell);
    switch (verdict) {
      case 'armed':
        return;
      case 'running':
        if (attempt.phase !== 'running') this.#params.started(attempt);
        return;
      case 'stray':
        // An attempt is over only when nothing of it is left.
        log.warn('attempt.killed', { token, pid: shell.pid, reason: 'its shells were killed' });
        signalAttempt(token, shell, 'SIGKILL');
        return;
      case 'unrun':
        if (attempt.claimed) conclude(attempt, unrunAs(token, attempt.refusal));
        else forget(attempt);
        return;
      case 'lost':
        conclude(attempt, lostAs(token, maxRssKib));
        return;
      case 'ended':
        this.#conclude(attempt);
        return;
    }
  }

  #conclude(attempt: Attempt): void {
    const { token, maxRssKib } = attempt;
    const { spool, conclude } = this.#params;
    const status = spool.readStatus(token);
    const marker = spool.readMarker(token);
    if (status === null || marker === null) return;
    conclude(
      attempt,
      endedAs({ token, status, marker, seenMs: null, maxRssKib, reason: spool.readReason(token) }),
    );
  }
}
