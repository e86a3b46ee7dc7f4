import type { Clock } from '../platform/clock.ts';
import type { Health } from '../platform/health.ts';
import type { Logger } from '../platform/logger.ts';
import { Announcer, type BoxStatus } from './announcer.ts';
import type { AudienceTimes } from './audience.ts';
import { type BrokerLink, embeddedLink, externalLink, readSecret } from './broker-endpoint.ts';
import type { AlertCatalog } from './catalog.ts';
import type { CommandTarget } from './commands.ts';
import { Delivery, type DeliveryStats } from './delivery.ts';
import type { SessionShelf } from './durable-sessions.ts';
import { type Endpoint, MqttChannel } from './mqtt-channel.ts';
import { mqttReceiver } from './mqtt-receiver.ts';
import type { AlertChannel, Outbox } from './outbox.ts';
import { type EvidenceLinks, noLinks } from './payload.ts';
import type { MqttSettings, WebhookSettings } from './settings.ts';
import type { RuleStatePublisher } from './states.ts';
import { topicsUnder } from './topics.ts';
import { webhookReceiver } from './webhook.ts';

export interface AlertsOptions {
  readonly siteId: string;
  readonly mqtt: MqttSettings;
  readonly webhook?: WebhookSettings | undefined;
  readonly outbox: Outbox;
  readonly commands: CommandTarget;
  /** Asked every 30 s. `alertsWaiting` is the outbox's depth. */
  readonly status: () => BoxStatus;
  readonly version: string;
  /** The web page's public address, for links in Home Assistant. */
  readonly webUrl?: string | undefined;
  readonly links?: EvidenceLinks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly random?: () => number;
  /** How long alerts wait for listeners after the embedded broker started; less is for tests. */
  readonly audienceTimes?: Partial<AudienceTimes>;
  /** Where durable sessions of the embedded broker outlive the process; absent: they end with it. */
  readonly brokerSessions?: SessionShelf;
  /** So many messages were given up for somebody's durable session, because too much waited. */
  readonly onDrop?: (messages: number) => void;
  /** The certificate that the box made for itself, PEM; asked for when the embedded broker is to use it. */
  readonly ownCertificate?: () => { readonly cert: string; readonly key: string };
}

export interface Alerts {
  /** Resolves when the embedded broker listens or could not; then it is retried. Never waits for an external broker. */
  start(): Promise<void>;
  /** Acknowledgements under way are awaited for a moment, `offline` is said, connections are closed. */
  stop(): Promise<void>;
  /** Where subscribers connect; with the embedded broker's real port once started. Without credentials. */
  readonly mqttUrl: string;
  readonly topicBase: string;
  /** At start and whenever cameras, rules, switches or silences change. */
  setCatalog(catalog: AlertCatalog): void;
  readonly states: RuleStatePublisher;
  /** Told by the web page, so that subscribers hear of it as well. */
  eventAcknowledged(eventId: string, at: number): void;
  /** The newest report of a day or a shift; the broker keeps it for those who come later. */
  report(kind: 'day' | 'shift', payload: string): void;
  deliveryStats(): Partial<Record<AlertChannel, DeliveryStats>>;
  /** Messages given up for durable sessions of the embedded broker since the start. */
  droppedForSessions(): number;
}

const STOP_GRACE_MS = 2_000;

/** The channels that the settings use: the store is opened with these. */
export function channelsInUse(settings: { webhook?: WebhookSettings | undefined }): AlertChannel[] {
  return settings.webhook ? ['mqtt', 'webhook'] : ['mqtt'];
}

/** All of alerting, not yet started: broker, connection, delivery, states, discovery, commands, webhook. */
export function createAlerts(options: AlertsOptions): Alerts {
  const { siteId, mqtt, outbox, clock, logger, health, links = noLinks, random = Math.random } = options;
  const { discovery, prefix } = mqtt.homeAssistant;
  const topics = topicsUnder(mqtt.baseTopic ?? `watchword/${siteId}`);
  const clientId = `watchword-${siteId}`;
  let droppedForSessions = 0;
  const link =
    mqtt.broker.kind === 'embedded'
      ? embeddedLink({
          ...{ settings: mqtt.broker, topics, homeAssistantPrefix: prefix, clientId, clock, logger },
          audienceTimes: options.audienceTimes,
          sessions: options.brokerSessions,
          onDrop: (messages) => {
            droppedForSessions += messages;
            options.onDrop?.(messages);
          },
          ownCertificate: options.ownCertificate,
        })
      : externalLink(mqtt.broker);
  const tried = firstTry(link);
  const channel = new MqttChannel({
    endpoint: tried.endpoint,
    protocol: link.protocol,
    clientId,
    availableTopic: topics.available,
    clock,
    logger,
    random,
  });
  const announcer = new Announcer({
    ...options,
    channel,
    topics,
    homeAssistant: mqtt.homeAssistant,
    webUrl: options.webUrl,
    random,
  });
  const report = brokerHealth(health);
  channel.listen(announcer);
  channel.listen({ onUp: () => report({ down: undefined }), onDown: (down) => report({ down }) });

  const deliveries: Delivery[] = [];
  const receiver = mqttReceiver({ channel, topics, links, perCamera: discovery, audienceReady: link.audienceReady });
  deliveries.push(
    new Delivery({ outbox, receiver, clock, logger, random, onTrouble: (refused) => report({ refused }) }),
  );
  if (options.webhook) deliveries.push(webhookDelivery(options, options.webhook, links));

  return {
    async start() {
      report({ down: 'connecting' });
      announcer.start();
      channel.start();
      for (const delivery of deliveries) delivery.start();
      await tried.done;
    },
    async stop() {
      await Promise.all(deliveries.map((delivery) => delivery.stop()));
      await announcer.stop(STOP_GRACE_MS);
      await channel.stop();
      await link.stop();
    },
    get mqttUrl() {
      return link.url;
    },
    topicBase: topics.base,
    setCatalog: (catalog) => announcer.setCatalog(catalog),
    states: announcer.states,
    eventAcknowledged: (eventId, at) => announcer.eventAcknowledged(eventId, at),
    report: (kind, payload) => announcer.report(kind, payload),
    deliveryStats: () => Object.fromEntries(deliveries.map((delivery) => [delivery.channel, delivery.stats()])),
    droppedForSessions: () => droppedForSessions,
  };
}

/** The link's endpoint, and a promise that resolves after the first try of it: then the embedded broker has its port. */
function firstTry(link: BrokerLink): { endpoint: () => Promise<Endpoint>; done: Promise<void> } {
  let settle: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { endpoint: () => link.endpoint().finally(settle), done };
}

/** `down` without a connection, `degraded` while the broker refuses messages; each call tells what changed. */
function brokerHealth(health: Health): (change: { down?: string | undefined; refused?: string | undefined }) => void {
  let down: string | undefined;
  let refused: string | undefined;
  return (change) => {
    if ('down' in change) down = change.down;
    if ('refused' in change) refused = change.refused;
    if (down !== undefined) health.report('broker', 'down', down);
    else if (refused !== undefined) health.report('broker', 'degraded', refused);
    else health.report('broker', 'ok');
  };
}

function webhookDelivery(options: AlertsOptions, settings: WebhookSettings, links: EvidenceLinks): Delivery {
  const { outbox, clock, logger, health, random = Math.random } = options;
  const { url, secret, secretFile, timeoutMs } = settings;
  const receiver = webhookReceiver({
    url,
    secret: () => (secretFile ? readSecret(secretFile, 'webhook.secretFile') : (secret ?? '')),
    timeoutMs,
    links,
    clock,
  });
  health.report('webhook', 'ok');
  const onTrouble = (reason: string | undefined): void => health.report('webhook', reason ? 'degraded' : 'ok', reason);
  return new Delivery({ outbox, receiver, clock, logger, random, onTrouble });
}
