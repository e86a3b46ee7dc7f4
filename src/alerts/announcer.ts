import { type Clock, every } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import type { AlertCatalog } from './catalog.ts';
import { CommandDesk, type CommandResults, type CommandTarget } from './commands.ts';
import { HomeAssistant } from './home-assistant.ts';
import { clearLeftover, leftoverFilters } from './leftovers.ts';
import type { ChannelListener, MqttChannel } from './mqtt-channel.ts';
import type { MqttSession } from './mqtt-session.ts';
import { isoTime } from './payload.ts';
import { RetainedTopics } from './retained.ts';
import type { HomeAssistantSettings } from './settings.ts';
import { RuleStates } from './states.ts';
import type { Topics } from './topics.ts';

/** How the box is doing, for `<base>/status` and the diagnostics sensors. */
export interface BoxStatus {
  readonly evaluationsPerMinute: number;
  readonly p95LatencyMs: number | null;
  readonly openEvents: number;
  readonly alertsWaiting: number;
}

export interface AnnouncerOptions {
  readonly channel: MqttChannel;
  readonly topics: Topics;
  readonly siteId: string;
  readonly homeAssistant: HomeAssistantSettings;
  readonly version: string;
  readonly webUrl: string | undefined;
  readonly commands: CommandTarget;
  readonly status: () => BoxStatus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

const STATUS_EVERY_MS = 30_000;
/** How long after connecting the broker's retained messages of earlier runs are listened to. */
const LEFTOVERS_MS = 5_000;

/**
 * Everything around the alerts themselves: retained states, discovery, status, commands, and what must be said anew at
 * each connection.
 */
export class Announcer implements ChannelListener {
  readonly states: RuleStates;
  readonly #options: AnnouncerOptions;
  readonly #retained: RetainedTopics;
  readonly #desk: CommandDesk;
  readonly #homeAssistant: HomeAssistant | undefined;
  readonly #repeats: RepeatLimiter;
  readonly #abort = new AbortController();
  #catalog: AlertCatalog | undefined;
  #silences = new Map<string, number>();
  #running: Promise<unknown> | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    const { channel, topics, clock, logger, siteId, homeAssistant, version, webUrl, random } = options;
    this.#retained = new RetainedTopics({ sink: channel, clock, logger });
    this.states = new RuleStates({ retained: this.#retained, topics, clock, logger });
    this.#desk = new CommandDesk({ topics, target: options.commands, results: this.#results(), clock, logger });
    this.#repeats = new RepeatLimiter({ clock, logger });
    if (homeAssistant.discovery) {
      this.#homeAssistant = new HomeAssistant({
        context: { siteId, prefix: homeAssistant.prefix, topics, version, webUrl },
        retained: this.#retained,
        clock,
        random,
        announce: () => this.#announce(),
        signal: this.#abort.signal,
      });
    }
  }

  start(): void {
    const { clock } = this.#options;
    this.#running ??= Promise.all([
      this.states.run(this.#abort.signal),
      every(clock, STATUS_EVERY_MS, this.#abort.signal, () => this.#publishStatus()),
    ]);
  }

  /** Finishes commands under way and lets retained messages out. The channel is still open then. */
  async stop(graceMs: number): Promise<void> {
    this.#abort.abort(new Error('stopping'));
    const grace = new AbortController();
    const done = Promise.all([this.#running, this.#desk.idle(), this.#retained.settled()]);
    await Promise.race([done, this.#options.clock.sleep(graceMs, grace.signal).catch(() => undefined)]);
    grace.abort();
  }

  /** The cameras and rules in force. What is not among them any more is taken back at the broker. */
  setCatalog(catalog: AlertCatalog): void {
    const { topics } = this.#options;
    const rules = new Set(catalog.rules.map(({ id }) => id));
    for (const { id } of this.#catalog?.rules ?? []) {
      if (rules.has(id)) continue;
      this.#silences.delete(id);
      this.#retained.clear(topics.ruleEnabled(id));
      this.#retained.clear(topics.ruleSilence(id));
    }
    this.#catalog = catalog;
    for (const rule of catalog.rules) {
      this.ruleEnabled(rule.id, rule.enabled);
      this.ruleSilenced(rule.id, rule.silencedUntil);
    }
    this.states.setCatalog(catalog);
    this.#homeAssistant?.setCatalog(catalog);
  }

  /** A rule was switched on or off, by whomever. */
  ruleEnabled(ruleId: string, enabled: boolean): void {
    this.#retained.set(this.#options.topics.ruleEnabled(ruleId), enabled ? 'ON' : 'OFF');
  }

  /** A rule was silenced until a wall-clock time, or its silence ended. */
  ruleSilenced(ruleId: string, until: number | null): void {
    const silent = until !== null && until > this.#options.clock.now();
    if (silent) this.#silences.set(ruleId, until);
    else this.#silences.delete(ruleId);
    this.#retained.set(
      this.#options.topics.ruleSilence(ruleId),
      JSON.stringify({ until: silent ? isoTime(until) : null }),
    );
  }

  /** An event was acknowledged, by whomever. Said once, not retained: events are too many for retained topics. */
  eventAcknowledged(eventId: string, at: number): void {
    const payload = JSON.stringify({ id: eventId, acknowledgedAt: isoTime(at) });
    this.#options.channel
      .publish(this.#options.topics.eventAcknowledged(eventId), payload, { retain: false })
      .catch((thrown: unknown) =>
        this.#repeats.log('info', 'acknowledged', 'an acknowledgement could not be told to the broker', {
          event: eventId,
          error: toError(thrown),
        }),
      );
  }

  /** Told at once, and kept by the broker. */
  report(kind: 'day' | 'shift', payload: string): void {
    this.#retained.set(this.#options.topics.report(kind), payload);
  }

  onUp(session: MqttSession): void {
    this.#subscribe(session).catch((thrown: unknown) =>
      this.#repeats.log('warn', 'subscribe', 'the broker does not let us subscribe; commands over MQTT do not work', {
        error: toError(thrown),
      }),
    );
  }

  onDown(): void {
    this.#retained.down();
  }

  onMessage(topic: string, payload: Buffer, retained: boolean): void {
    if (this.#homeAssistant?.take(topic, payload, retained)) return;
    const { topics } = this.#options;
    if (topic.endsWith('/set') || topic.endsWith('/acknowledge')) this.#desk.take(topic, payload, retained);
    else if (retained && payload.length > 0 && this.#catalog)
      clearLeftover(topic, topics, this.#catalog, this.#retained);
  }

  /** Leftovers are subscribed to first: the broker then shows what it held before our own messages replace it. */
  async #subscribe(session: MqttSession): Promise<void> {
    const { topics, clock } = this.#options;
    const leftovers = [
      ...leftoverFilters(topics),
      ...(this.#homeAssistant ? [this.#homeAssistant.leftoverFilter] : []),
    ];
    const looking = session.subscribe(leftovers).then(
      () => true,
      () => false,
    );
    const wanted = [...topics.commands, ...(this.#homeAssistant ? [this.#homeAssistant.statusTopic] : [])];
    const listening = session.subscribe(wanted);
    this.#publishStatus();
    this.#retained.up();
    await listening;
    if (!(await looking)) return;
    await clock.sleep(LEFTOVERS_MS, this.#abort.signal).catch(() => undefined);
    await session.unsubscribe(leftovers).catch(() => undefined);
  }

  /** Home Assistant has just started: it knows nothing of us. */
  #announce(): void {
    this.#options.channel.publish(this.#options.topics.available, 'online', { retain: true }).catch(() => undefined);
    this.#retained.again();
  }

  #publishStatus(): void {
    const now = this.#options.clock.now();
    for (const [ruleId, until] of this.#silences) if (until <= now) this.ruleSilenced(ruleId, null);
    try {
      this.#retained.set(this.#options.topics.status, JSON.stringify(this.#options.status()));
    } catch (thrown) {
      this.#repeats.log('warn', 'status', 'the status for MQTT could not be read', { error: toError(thrown) });
    }
  }

  #results(): CommandResults {
    return {
      ruleEnabled: (ruleId, enabled) => this.ruleEnabled(ruleId, enabled),
      ruleSilenced: (ruleId, until) => this.ruleSilenced(ruleId, until),
      eventAcknowledged: (eventId, at) => this.eventAcknowledged(eventId, at),
    };
  }
}
