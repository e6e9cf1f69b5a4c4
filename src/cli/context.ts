import type { Readable } from 'node:stream';
import type { BaseContext } from 'clipanion';

/**
 * What a command is given besides its options and words. The streams of clipanion's own context are
 * not there (standard-streams.ts tells why).
 */
export interface RqContext extends BaseContext {
  /** The queue as the user wrote it; null only for `help` and `version`. */
  readonly queue: string | null;
  /** A lone `-` was given: read standard input, too. */
  readonly dash: boolean;
  /** Standard input; touched only by what reads it. */
  readonly input: () => Readable;
}
