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
}

/** Changes in flight at once. PUBACKs of 20 keep a local broker busy; more only lengthens what a lost connection repeats. */
const WINDOW = 20;

/** The broker as delivery's far end: a change counts when each of its messages is acknowledged. */
export function mqttReceiver(options: MqttReceiverOptions): Receiver {
  const { channel, topics, links, perCamera } = options;
  const perMessage = perCamera ? 2 : 1;
  return {
    channel: 'mqtt',
    window: () => Math.min(WINDOW, Math.floor((channel.session?.receiveMaximum ?? WINDOW) / perMessage)),
    ready: (signal) => channel.ready(signal),
    async send({ change }) {
      // One connection for both: never half on a dead one and half on its successor.
      const session = channel.session;
      if (!session) throw new WatchwordError('unavailable', 'the broker is not connected');
      const sends = [session.publish(topics.events, eventPayload(change, links), { retain: false })];
      if (perCamera) {
        sends.push(
          session.publish(topics.cameraEvents(change.event.cameraId), cameraEventPayload(change, links), {
            retain: false,
          }),
        );
      }
      const failed = (await Promise.allSettled(sends)).find((sent) => sent.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
