import { type Alerts, type AlertsOptions, createAlerts } from '../../src/alerts/alerts.ts';
import type { AlertCatalog, CatalogRule } from '../../src/alerts/catalog.ts';
import type { CommandTarget } from '../../src/alerts/commands.ts';
import { mqttSettingsSchema } from '../../src/alerts/settings.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { Health } from '../../src/platform/health.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { MemoryOutbox } from './memory-outbox.ts';

export const shelfRule: CatalogRule = {
  id: 'empty-shelf',
  words: 'Alert me when a shelf is empty for 5 minutes',
  question: 'Is a shelf empty?',
  everyMs: 2_000,
  cameras: ['aisle-1'],
  enabled: true,
  silencedUntil: null,
};

export const catalog: AlertCatalog = {
  cameras: [{ id: 'aisle-1', name: 'Aisle 1', area: 'Store' }],
  rules: [shelfRule],
};

/** Remembers what commands asked for; knows one rule and one event. */
export class RecordingTarget implements CommandTarget {
  readonly calls: unknown[][] = [];

  async setRuleEnabled(ruleId: string, enabled: boolean): Promise<void> {
    this.#known(ruleId, 'empty-shelf');
    this.calls.push(['enabled', ruleId, enabled]);
  }

  async silenceRule(ruleId: string, until: number | null): Promise<void> {
    this.#known(ruleId, 'empty-shelf');
    this.calls.push(['silence', ruleId, until]);
  }

  async acknowledgeEvent(eventId: string): Promise<void> {
    this.#known(eventId, 'lx1-abc');
    this.calls.push(['acknowledge', eventId]);
  }

  #known(id: string, known: string): void {
    if (id !== known) throw new WatchwordError('not-found', `there is no ${id}`);
  }
}

export interface AlertsSetup {
  readonly alerts: Alerts;
  readonly outbox: MemoryOutbox;
  readonly target: RecordingTarget;
  readonly health: Health;
  readonly lines: string[];
}

/** The whole of alerting with `mqtt` as a person would write it in the configuration. */
export function alertsWith(mqtt: Record<string, unknown>, more: Partial<AlertsOptions> = {}): AlertsSetup {
  const lines: string[] = [];
  const outbox = new MemoryOutbox();
  const target = new RecordingTarget();
  const health = new Health(() => systemClock.now());
  const alerts = createAlerts({
    siteId: 'shop',
    mqtt: mqttSettingsSchema.parse(mqtt),
    outbox,
    commands: target,
    status: () => ({ evaluationsPerMinute: 30, p95LatencyMs: 120, openEvents: 0, alertsWaiting: 0 }),
    version: '1.2.3',
    clock: systemClock,
    logger: createLogger((level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`)),
    health,
    random: () => 0,
    // Most tests look at the outbox alone: nobody is waited for.
    audienceTimes: { waitMs: 0 },
    ...more,
  });
  return { alerts, outbox, target, health, lines };
}
