import type { Camera } from './cameras/camera.ts';
import type { Pipeline } from './pipeline.ts';
import type { Clock } from './platform/clock.ts';
import type { Watch } from './watch.ts';

/** No frame judged for this long although cameras are live: the pipeline hangs. */
const JUDGED_WITHIN_MS = 90_000;

/** Whether frames were judged lately, or there is nothing to judge: what the watchdog asks. */
export function isAlive({
  cameras,
  watch,
  pipeline,
  clock,
}: {
  readonly cameras: readonly Camera[];
  readonly watch: Pick<Watch, 'assignments'>;
  readonly pipeline: Pick<Pipeline, 'counts'>;
  readonly clock: Clock;
}): boolean {
  const { lastJudgedAt } = pipeline.counts;
  const anyLive =
    cameras.some((camera) => camera.status().state === 'live') && watch.assignments.some(({ scheduled }) => scheduled);
  return !anyLive || (lastJudgedAt !== null && clock.monotonic() - lastJudgedAt < JUDGED_WITHIN_MS);
}
