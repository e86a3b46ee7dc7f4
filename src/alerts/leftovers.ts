import type { AlertCatalog } from './catalog.ts';
import type { RetainedTopics } from './retained.ts';
import { isTopicId, type Topics } from './topics.ts';

/** Filters under which an earlier run may have left retained messages. Pictures are left out: they would all be sent. */
export function leftoverFilters({ base }: Topics): string[] {
  return [
    `${base}/camera/+/available`,
    `${base}/camera/+/rule/+/state`,
    `${base}/rule/+/enabled`,
    `${base}/rule/+/silence`,
  ];
}

/** Clears what a retained topic of an earlier run belongs to when that camera or rule no longer exists. */
export function clearLeftover(topic: string, topics: Topics, catalog: AlertCatalog, retained: RetainedTopics): void {
  if (!topic.startsWith(`${topics.base}/`)) return;
  const [kind, id = '', what, ruleId = '', last] = topic.slice(topics.base.length + 1).split('/');
  if (!isTopicId(id)) return;
  const rule = (wanted: string) => catalog.rules.find((one) => one.id === wanted);
  if (kind === 'camera' && what === 'available' && !catalog.cameras.some((camera) => camera.id === id)) {
    retained.clear(topics.cameraAvailable(id));
  }
  if (
    kind === 'camera' &&
    what === 'rule' &&
    last === 'state' &&
    isTopicId(ruleId) &&
    !rule(ruleId)?.cameras.includes(id)
  ) {
    retained.clear(topics.ruleState(id, ruleId));
    retained.clear(topics.ruleAttributes(id, ruleId));
    retained.clear(topics.ruleSnapshot(id, ruleId));
  }
  if (kind === 'rule' && (what === 'enabled' || what === 'silence') && !rule(id)) {
    retained.clear(topics.ruleEnabled(id));
    retained.clear(topics.ruleSilence(id));
  }
}
