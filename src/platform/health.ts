export type HealthStatus = 'ok' | 'degraded' | 'down';

export interface PartHealth {
  /** Stable name: `camera/aisle-1`, `model`, `broker`, `disk`, `rules`. */
  readonly part: string;
  readonly status: HealthStatus;
  /** Why, for a person; empty when ok. Never holds a secret. */
  readonly reason: string;
  /** Wall-clock ms since when this status and reason hold. */
  readonly since: number;
}

/** What each part says of itself. Parts report, the web page and `/healthz` read; nothing else hangs on it. */
export class Health {
  readonly #now: () => number;
  readonly #parts = new Map<string, PartHealth>();
  readonly #listeners = new Set<(part: PartHealth) => void>();

  constructor(now: () => number) {
    this.#now = now;
  }

  report(part: string, status: HealthStatus, reason = ''): void {
    const before = this.#parts.get(part);
    if (before?.status === status && before.reason === reason) return;
    const health: PartHealth = { part, status, reason, since: this.#now() };
    this.#parts.set(part, health);
    for (const listener of this.#listeners) listener(health);
  }

  /** A part that no longer exists (a camera that was removed). */
  forget(part: string): void {
    this.#parts.delete(part);
  }

  get(part: string): PartHealth | undefined {
    return this.#parts.get(part);
  }

  parts(): PartHealth[] {
    return [...this.#parts.values()].sort((a, b) => a.part.localeCompare(b.part));
  }

  /** The worst of all parts; `ok` when none has reported. */
  overall(): HealthStatus {
    const all = this.parts().map((part) => part.status);
    if (all.includes('down')) return 'down';
    return all.includes('degraded') ? 'degraded' : 'ok';
  }

  /** Calls `listener` on each change; returns the function that stops it. */
  onChange(listener: (part: PartHealth) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
