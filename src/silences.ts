import type { Clock } from './platform/clock.ts';

/** Which rules a person muted, and until when (wall-clock ms). A silence that has passed is none. */
export class Silences {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** null ends the silence. */
  set(ruleId: string, until: number | null): void {
    if (until === null) this.#until.delete(ruleId);
    else this.#until.set(ruleId, until);
  }

  until(ruleId: string): number | null {
    const until = this.#until.get(ruleId) ?? null;
    if (until === null || until > this.#clock.now()) return until;
    this.#until.delete(ruleId);
    return null;
  }
}
