import type { RetainedSink } from '../../src/alerts/retained.ts';
import { WatchwordError } from '../../src/platform/errors.ts';

/** A broker's retained messages, as far as publishing goes. */
export class RecordingSink implements RetainedSink {
  readonly published: Array<{ topic: string; payload: string | Uint8Array }> = [];
  readonly retained = new Map<string, string | Uint8Array>();
  down = false;

  async publish(topic: string, payload: string | Uint8Array): Promise<void> {
    if (this.down) throw new WatchwordError('unavailable', 'not connected');
    this.published.push({ topic, payload });
    if (payload.length === 0) this.retained.delete(topic);
    else this.retained.set(topic, payload);
  }

  json(topic: string): unknown {
    return JSON.parse(String(this.retained.get(topic)));
  }

  count(topic: string): number {
    return this.published.filter((message) => message.topic === topic).length;
  }
}
