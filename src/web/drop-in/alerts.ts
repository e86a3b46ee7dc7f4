import { WatchwordError } from '../../platform/errors.ts';
import type { RuleStatus } from '../deps.ts';
import type { DropInDeps } from './drop-in-deps.ts';
import type { RuleSlots, SlotRule } from './slots.ts';

/** As many as the original takes, numbered r0 to r9. */
export const MOST_ALERTS = 10;
const LONGEST_CAMERA_ID = 50;
const PREFIX = 'nvidia-';

/** One alert on one stream as it stands. */
export interface AlertState {
  readonly alertId: string;
  readonly rule: string;
  readonly streamId: string;
  readonly state: RuleStatus;
}

/** The alerts that programs set: each is a rule of this box, on one camera. */
export class Alerts {
  readonly #deps: DropInDeps;
  readonly #slots: RuleSlots;

  constructor(deps: DropInDeps, slots: RuleSlots) {
    this.#deps = deps;
    this.#slots = slots;
  }

  /** Which camera a stream id means: one that was added, or one of the box by its own id. */
  cameraOf(streamId: string): string | undefined {
    const { streams, cameras } = this.#deps;
    const added = streams.list().find(({ id }) => id === streamId);
    return added?.cameraId ?? cameras.list().find(({ id }) => id === streamId)?.id;
  }

  /** Replaces all alerts of these cameras. An empty sentence leaves its number free. Rejects as RuleSlots does. */
  async set(cameraIds: readonly string[], sentences: readonly string[], by: string): Promise<void> {
    const wanted = new Map<string, SlotRule | null>();
    for (const cameraId of cameraIds) {
      if (cameraId.length > LONGEST_CAMERA_ID)
        throw new WatchwordError('unsupported', `the id of camera "${cameraId}" is too long for alerts of programs`);
      for (let number = 0; number < MOST_ALERTS; number++) {
        const words = sentences[number]?.trim() ?? '';
        wanted.set(slotOf(cameraId, number), words === '' ? null : { words, cameraId });
      }
    }
    await this.#slots.set(wanted, by);
  }

  /** One alert as it stands; undefined for a rule that no program set. */
  find(ruleId: string, cameraId: string): AlertState | undefined {
    const alertId = numberOf(ruleId, cameraId);
    if (alertId === undefined) return undefined;
    const state = this.#deps.states.list().find((each) => each.ruleId === ruleId && each.cameraId === cameraId);
    const rule = this.#deps.rules.list().find(({ id }) => id === ruleId);
    return state && rule && { alertId, rule: rule.words, streamId: this.#streamOf(cameraId), state };
  }

  list(): AlertState[] {
    return this.#deps.states.list().flatMap(({ ruleId, cameraId }) => this.find(ruleId, cameraId) ?? []);
  }

  /** In the words of the original's Prometheus endpoint, with the stream beside. */
  metrics(): string {
    const quoted = (text: string): string => JSON.stringify(text.replaceAll('\n', ' '));
    const lines = this.list().map((alert) => {
      const labels = `alert_number="${alert.alertId}",alert_string=${quoted(alert.rule)},stream_id=${quoted(alert.streamId)}`;
      return `alert_status{${labels}} ${isTrue(alert) ? 1 : 0}`;
    });
    return `${['# HELP alert_status Whether an alert is true', '# TYPE alert_status gauge', ...lines].join('\n')}\n`;
  }

  #streamOf(cameraId: string): string {
    return this.#deps.streams.list().find((stream) => stream.cameraId === cameraId)?.id ?? cameraId;
  }
}

/** True as the box sees it: the event is open, and the newest picture does not say otherwise. */
export function isTrue({ state }: Pick<AlertState, 'state'>): boolean {
  return state.phase === 'firing' && state.value === 'yes';
}

function slotOf(cameraId: string, number: number): string {
  return `${cameraId.startsWith(PREFIX) ? '' : PREFIX}${cameraId}-r${number}`;
}

function numberOf(ruleId: string, cameraId: string): string | undefined {
  const number = /-r(\d)$/.exec(ruleId)?.[1];
  return number !== undefined && ruleId === slotOf(cameraId, Number(number)) ? `r${number}` : undefined;
}
