import type { CapacityLedger } from './capacity.ts';
import { type Clock, every } from './platform/clock.ts';
import { loopPart, type Part } from './platform/lifecycle.ts';
import type { Store } from './store/store.ts';
import type { Watch } from './watch.ts';

const TICK_MS = 1_000;
const FLUSH_MS = 5_000;
const SEEN_MS = 60_000;

/** What happens by the clock: hours open and close, counts are written, the run is seen to be alive. */
export function createTicks({
  clock,
  watch,
  store,
  capacity,
}: {
  readonly clock: Clock;
  readonly watch: Watch;
  readonly store: Store;
  readonly capacity: CapacityLedger;
}): Part {
  return loopPart('ticks', (stopped) =>
    Promise.all([
      every(clock, TICK_MS, stopped, () => watch.tick()),
      every(clock, FLUSH_MS, stopped, () => {
        watch.flush();
        store.flush();
      }),
      every(clock, SEEN_MS, stopped, () => {
        store.runs.seen();
        capacity.save(watch.assignments);
      }),
    ]),
  );
}
