/**
 * What the feeder's loop waits for. Whoever has news rings; rings before the wait are not lost, and many
 * rings are one.
 */
export class Bell {
  #rung = false;
  #answer: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#answer?.();
  }

  /** Resolves at the next ring, at once if it rang since the last wait, or after `limitMs`. */
  async wait(limitMs?: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = limitMs === undefined ? undefined : setTimeout(resolve, limitMs);
        this.#answer = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#answer = null;
    this.#rung = false;
  }

  /** Lets rings of the same moment come in before they are acted on. */
  async settle(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#rung = false;
  }
}
