/** Missed evaluations after which a rule's state is no longer known. */
const BLIND_INTERVALS = 3;
/** Rules asked every second would otherwise flicker at each hiccup of the model. */
const BLIND_AT_LEAST_MS = 10_000;
const EXPIRE_AT_LEAST_MS = 90_000;

/** How long after the last verdict that knew something a rule's state becomes `unknown`. */
export function blindAfterMs(everyMs: number): number {
  return Math.max(BLIND_INTERVALS * everyMs, BLIND_AT_LEAST_MS);
}

/** Home Assistant's expire_after: with no message for so long the entity is unavailable. */
export function expireAfterMs(everyMs: number): number {
  return Math.max(BLIND_INTERVALS * everyMs, EXPIRE_AT_LEAST_MS);
}

/** How often an unchanged state is repeated, so that one lost message does not expire it. */
export function keepAliveMs(everyMs: number): number {
  return expireAfterMs(everyMs) / 3;
}
