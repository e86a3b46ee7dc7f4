import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import { backoffMs } from '../platform/retry.ts';
import { handOver } from './address-handover.ts';
import { causeOf, stalled } from './causes.ts';
import { startChild } from './child.ts';
import { PACKET_LOG, RECORDING } from './ffmpeg.ts';
import { FrameTimes } from './frame-times.ts';
import { PacketLogReader } from './packet-log.ts';
import { RecentVideo } from './recent-video.ts';
import { checkCertificate, rtspInputOptions } from './rtsp-source.ts';
import type { CameraSettings } from './settings.ts';
import { parseSourceAddress, type SourceAddress } from './source-address.ts';

/** No packet for so long: the connection is dead. */
const SILENT_MS = 15_000;
const LOOK_MS = 1_000;
/** A connection that was good for so long starts the back-off anew. */
const STEADY_MS = 10_000;

export interface MainStreamOptions {
  readonly settings: CameraSettings;
  readonly clock: Clock;
  readonly random: () => number;
  /** The ffmpeg to run. Default `ffmpeg`. */
  readonly program?: string;
}

/**
 * A camera's full-size stream, for clips only: remembered undecoded, which costs next to no CPU, while the small stream is
 * sampled. Supervised for ever like a camera, and never in the way of one: without it there are no clips, which a note says.
 */
export class MainStream {
  readonly recent: RecentVideo;
  readonly #options: MainStreamOptions;
  readonly #address: SourceAddress;
  #cause: string | undefined;
  #running: { stop: AbortController; done: Promise<void> } | undefined;

  private constructor(options: MainStreamOptions, address: SourceAddress) {
    this.#options = options;
    this.#address = address;
    this.recent = new RecentVideo(options);
  }

  /** Undefined where the camera has none. */
  static of(options: MainStreamOptions): MainStream | undefined {
    const { settings } = options;
    if (!settings.clips || settings.mainSource === undefined) return undefined;
    return new MainStream(options, parseSourceAddress(settings.mainSource, settings));
  }

  /** What a person should know; empty while it works. */
  get notes(): readonly string[] {
    return this.#cause === undefined ? [] : [`no clips at the moment, the main stream fails: ${this.#cause}`];
  }

  start(): void {
    if (this.#running) return;
    const stop = new AbortController();
    this.#running = { stop, done: this.#run(stop.signal) };
  }

  /** Resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.done;
    this.#running = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const startedAt = clock.monotonic();
      try {
        await this.#connection(signal);
      } catch (error) {
        this.#cause = toError(error).message;
      }
      if (clock.monotonic() - startedAt > STEADY_MS) attempt = 0;
      await clock.sleep(backoffMs(attempt, { random }), signal).catch(() => undefined);
    }
  }

  /** One run of ffmpeg. Returns when the signal is aborted, throws the readable cause when it ends by itself. */
  async #connection(signal: AbortSignal): Promise<void> {
    const { clock, settings, program = 'ffmpeg' } = this.#options;
    if (this.#address.scheme === 'rtsps' && settings.verifyCertificate) await checkCertificate(this.#address, signal);
    const handed = await handOver(this.#address.target);
    const times = new FrameTimes(clock.now() - clock.monotonic());
    const packets = new PacketLogReader();
    let seenAt = clock.monotonic();
    let delivered = false;
    this.recent.connected();
    const child = startChild({
      program,
      args: [
        ...['-nostdin', '-hide_banner', '-loglevel', 'level+error', ...rtspInputOptions(settings)],
        ...['-i', handed.input, ...PACKET_LOG, ...RECORDING],
      ],
      clock,
      onSideOutput: (chunk) => {
        seenAt = clock.monotonic();
        for (const { ptsMs } of packets.push(chunk)) {
          times.saw(ptsMs, seenAt);
          this.recent.saw({ at: times.of(ptsMs).at, ptsMs });
          delivered = true;
          this.#cause = undefined;
        }
      },
      onRecording: this.recent.push,
    });
    const ended = new AbortController();
    const stop = (): void => ended.abort();
    signal.addEventListener('abort', stop, { once: true });
    child.ended.then(stop, stop);
    try {
      if (signal.aborted) stop();
      while (!ended.signal.aborted) {
        if (clock.monotonic() - seenAt > SILENT_MS) throw stalled(SILENT_MS);
        await clock.sleep(LOOK_MS, ended.signal).catch(() => undefined);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await child.stop();
      handed.close();
    }
    if (signal.aborted) return;
    const { error, stderr } = await child.ended;
    throw error ?? causeOf(stderr, delivered);
  }
}
