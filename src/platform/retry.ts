/** How long to wait before try number `attempt` (0 is the first retry): doubles from `minMs` to `maxMs`, +-25 % jitter. */
export function backoffMs(attempt: number, options: { minMs?: number; maxMs?: number; random: () => number }): number {
  const { minMs = 1_000, maxMs = 60_000, random } = options;
  const base = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  // Jitter keeps twelve cameras behind one rebooted switch from knocking all at once.
  return Math.round(base * (0.75 + 0.5 * random()));
}
