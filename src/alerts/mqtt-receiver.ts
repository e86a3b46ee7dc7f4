import { WatchwordError } from '../platform/errors.ts';
import type { Receiver } from './delivery.ts';
import type { MqttChannel } from './mqtt-channel.ts';
import { cameraEventPayload, type EvidenceLinks, eventPayload } from './payload.ts';
import type { Topics } from './topics.ts';

export interface MqttReceiverOptions {
  readonly channel: MqttChannel;
  readonly topics: Topics;
  readonly links: EvidenceLinks;
  /** Also publish on the camera's own topic, in Home Assistant's shape. */
  readonly perCamera: boolean;
  /** Resolves when those who listen may hear, once connected. */
  readonly audienceReady?: ((signal: AbortSignal) => Promise<void>) | undefined;
}

/** Changes in flight at once, where the broker allows as many. More only lengthens what a lost connection repeats. */
const WINDOW = 50;
/** Below what the embedded broker takes of one client (`maxInflightInbound`). */
const QOS_2_WINDOW = 16;

/**
 * The broker as delivery's far end. The camera's copy goes out just before the alert, on the same connection and without
 * an acknowledgement of its own: the one for the alert covers it, and the broker's window holds twice as many alerts.
 */
export function mqttReceiver(options: MqttReceiverOptions): Receiver {
  const { channel, topics, links, perCamera, audienceReady } = options;
  return {
    channel: 'mqtt',
    window() {
      const { alertQos = 1, receiveMaximum = WINDOW } = channel.session ?? {};
      return Math.min(alertQos === 2 ? QOS_2_WINDOW : WINDOW, receiveMaximum);
    },
    async ready(signal) {
      await channel.ready(signal);
      await audienceReady?.(signal);
    },
    async send({ change }) {
      const session = channel.session;
      if (!session) throw new WatchwordError('unavailable', 'the broker is not connected');
      if (perCamera)
        session.publishBefore(topics.cameraEvents(change.event.cameraId), cameraEventPayload(change, links));
      await session.publish(topics.events, eventPayload(change, links), { retain: false, qos: session.alertQos });
    },
  };
}
