/** This program is younger: a clock that shows less is not set, as on a box without a battery before it finds the network. */
const PROGRAM_BORN_AT = Date.parse('2026-01-01T00:00:00Z');

/** Why a wall-clock time cannot be right, for a person; undefined when it can. */
export function wallClockProblem(wallMs: number): string | undefined {
  if (wallMs >= PROGRAM_BORN_AT) return undefined;
  return `the clock shows ${new Date(wallMs).toISOString().slice(0, 10)}, it is not set`;
}
