import type { Clock } from '../../platform/clock.ts';
import type { WebDeps } from '../deps.ts';
import { type AlertState, type Alerts, isTrue } from './alerts.ts';
import { Audience } from './audience.ts';

export interface AlertFeedOptions extends Pick<WebDeps, 'clock' | 'logger' | 'silences' | 'site'> {
  readonly alerts: Pick<Alerts, 'find'>;
  readonly cooldownMs: number;
}

/**
 * Alerts as the original sends them: when one becomes true, and again after each cooldown while it stays true. The box's own
 * events, one per occurrence, are told elsewhere.
 */
export class AlertFeed {
  readonly audience: Audience;
  readonly #options: AlertFeedOptions;
  readonly #told = new Map<string, { readonly eventId: string | undefined; readonly at: number }>();

  constructor(options: AlertFeedOptions) {
    this.#options = options;
    this.audience = new Audience(options.logger);
  }

  /** Call it after each judgement of a rule. */
  judged(ruleId: string, cameraId: string): void {
    if (this.audience.count === 0) return;
    const { alerts, silences, clock, cooldownMs } = this.#options;
    const alert = alerts.find(ruleId, cameraId);
    if (!alert || !isTrue(alert) || silences.until(ruleId) !== null) return;
    const now = clock.monotonic();
    const { eventId } = alert.state;
    const last = this.#told.get(ruleId);
    // Another event is another alert, however soon.
    if (last && last.eventId === eventId && now - last.at < cooldownMs) return;
    this.#told.set(ruleId, { eventId, at: now });
    this.audience.tell(this.#message(alert, clock));
  }

  #message({ alertId, rule, streamId }: AlertState, clock: Clock): Record<string, string> {
    return {
      title: 'VLM Alert Triggered',
      description: `The VLM has determined the alert rule: ${rule} is True!`,
      alert_id: alertId,
      type: 'vlm_alert',
      rule_string: rule,
      timestamp: localTime(clock.now(), this.#options.site.timeZone),
      stream_id: streamId,
    };
  }
}

/** `2026-01-31 08:05:09` in the site's time zone. */
function localTime(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
}
