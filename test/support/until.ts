import { systemClock } from '../../src/platform/clock.ts';

/** Resolves when the condition holds; fails with what it waited for after `withinMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 15_000,
): Promise<void> {
  const start = systemClock.monotonic();
  while (!(await condition())) {
    if (systemClock.monotonic() - start > withinMs) throw new Error(`waited in vain for ${what}`);
    await systemClock.sleep(5);
  }
}
