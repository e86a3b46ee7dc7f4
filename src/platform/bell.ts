/** Wakes one waiter. Rings that come while nobody waits are remembered as one. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring (or at once after an unheard one), or when the signal is aborted. Never rejects. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', this.#onAbort, { once: true });
      });
      signal.removeEventListener('abort', this.#onAbort);
      this.#wake = undefined;
    }
    this.#rung = false;
  }

  readonly #onAbort = (): void => this.#wake?.();
}
