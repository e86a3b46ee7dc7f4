import { WatchwordError } from '../platform/errors.ts';
import type { CompiledRule, Severity } from '../rules/rule.ts';
import type { CameraStatus, ReviewedEvent, RuleStatus, WebDeps } from './deps.ts';
import type { CameraTileProps } from './views/now.tsx';

/** More open events than this are counted, not shown, on the Now page. */
const MOST_OPEN_SHOWN = 12;

/** The cameras with their rules' states, in the configured order; only the wanted ones when ids are given. */
export function cameraTiles(deps: WebDeps, cameraIds?: ReadonlySet<string>): CameraTileProps[] {
  const rules = new Map(deps.rules.list().map((rule) => [rule.id, rule]));
  const states = new Map<string, Array<{ status: RuleStatus; rule: CompiledRule | undefined }>>();
  for (const status of deps.states.list()) {
    if (cameraIds && !cameraIds.has(status.cameraId)) continue;
    const entry = { status, rule: rules.get(status.ruleId) };
    const list = states.get(status.cameraId);
    if (list) list.push(entry);
    else states.set(status.cameraId, [entry]);
  }
  return deps.cameras
    .list()
    .filter(({ id }) => !cameraIds || cameraIds.has(id))
    .map((camera) => ({
      camera,
      frame: deps.cameras.latestFrame(camera.id),
      states: (states.get(camera.id) ?? []).sort((a, b) => urgency(a.status) - urgency(b.status)),
    }));
}

/** Throws `not-found`. */
export function cameraTile(deps: WebDeps, cameraId: string): CameraTileProps {
  const tile = cameraTiles(deps, new Set([cameraId]))[0];
  if (!tile)
    throw new WatchwordError('not-found', 'there is no such camera', { hint: 'It may have been renamed or removed' });
  return tile;
}

/** The open events, worst first, newest first among equals. */
export function openEvents(deps: WebDeps): ReviewedEvent[] {
  const rank: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };
  const { events } = deps.events.list({ state: 'open' }, { limit: 100 });
  return [...events].sort((a, b) => rank[a.event.severity] - rank[b.event.severity]).slice(0, MOST_OPEN_SHOWN);
}

export function cameraNames(deps: WebDeps): Map<string, string> {
  return new Map(deps.cameras.list().map((camera) => [camera.id, camera.name]));
}

/** Every rule with the cameras it watches now. */
export function rulesWithCameras(deps: WebDeps): Array<{ rule: CompiledRule; cameras: CameraStatus[] }> {
  const watched = new Map<string, Set<string>>();
  for (const { ruleId, cameraId } of deps.states.list()) {
    const ids = watched.get(ruleId);
    if (ids) ids.add(cameraId);
    else watched.set(ruleId, new Set([cameraId]));
  }
  const cameras = deps.cameras.list();
  return deps.rules.list().map((rule) => {
    const ids = watched.get(rule.id);
    return { rule, cameras: ids ? cameras.filter(({ id }) => ids.has(id)) : [] };
  });
}

/** Throws `not-found`. */
export function eventById(deps: WebDeps, eventId: string): ReviewedEvent {
  const reviewed = deps.events.get(eventId);
  if (!reviewed)
    throw new WatchwordError('not-found', 'there is no such event', { hint: 'It may have been removed by retention' });
  return reviewed;
}

function urgency(status: RuleStatus): number {
  if (status.phase === 'firing') return 0;
  return status.phase === 'pending' ? 1 : 2;
}
