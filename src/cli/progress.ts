import type { CommandIo } from './command.ts';

const REDRAW_MS = 100;
const BAR_CELLS = 24;

/** A bar on standard error that redraws itself, and nothing at all when standard error is no terminal. */
export class ProgressBar {
  readonly #io: Pick<CommandIo, 'stderr' | 'clock' | 'isTTY'>;
  readonly #total: number;
  readonly #startedAt: number;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(io: Pick<CommandIo, 'stderr' | 'clock' | 'isTTY'>, total: number) {
    this.#io = io;
    this.#total = total;
    this.#startedAt = io.clock.monotonic();
  }

  /** `done` of the total, and a few words behind the bar. */
  show(done: number, words: string): void {
    if (!this.#io.isTTY) return;
    const at = this.#io.clock.monotonic();
    if (at - this.#drawnAt < REDRAW_MS && done < this.#total) return;
    this.#drawnAt = at;
    const share = this.#total === 0 ? 1 : done / this.#total;
    const filled = Math.round(share * BAR_CELLS);
    const bar = '#'.repeat(filled) + '.'.repeat(BAR_CELLS - filled);
    const leftMs = share > 0 ? ((at - this.#startedAt) * (1 - share)) / share : 0;
    this.#io.stderr(`\r\u001b[K[${bar}] ${done}/${this.#total}  ${words}  ${clockTime(leftMs)} left`);
  }

  /** Takes the bar away, so that what follows begins on a clean line. */
  clear(): void {
    if (this.#io.isTTY) this.#io.stderr('\r\u001b[K');
  }
}

function clockTime(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
