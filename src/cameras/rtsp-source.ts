import { connect } from 'node:tls';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { connectionCause } from './causes.ts';
import { ffmpegPictures, type Picking, type StreamPicture } from './ffmpeg.ts';
import type { FrameSource, SampledPicture, SourceView } from './frame.ts';
import { KeyframeSpacing } from './keyframe-spacing.ts';
import type { StreamPacket } from './packet-log.ts';
import { type RecentVideo, recentVideoOf } from './recent-video.ts';
import type { CameraSettings, Decoder } from './settings.ts';
import type { SourceAddress } from './source-address.ts';
import { type StreamFacts, StreamMeter } from './stream-facts.ts';

/** A sampled keyframe may come this much earlier than asked. */
const EARLIEST = 0.65;
const LATE_IN_A_ROW = 3;
/** A decoder that gets packets and gives no picture for so long does not work. */
const SILENT_MS = 5_000;
/** After so long of full decoding a new connection tries keyframes again: the camera's settings may have changed. */
const FULL_DECODING_MS = 3_600_000;

/** Options before `-i` for each decoder. */
const DECODER_OPTIONS: Record<Decoder, readonly string[]> = {
  software: [],
  auto: ['-hwaccel', 'auto'],
  cuda: ['-hwaccel', 'cuda'],
  vaapi: ['-hwaccel', 'vaapi'],
  v4l2m2m: [],
  nvv4l2dec: [],
};
/** Those that ffmpeg has one of for each codec. The wrong one finds no picture and says nothing, so the codec comes first. */
const BY_CODEC: ReadonlySet<Decoder> = new Set(['v4l2m2m', 'nvv4l2dec']);
const CODECS: ReadonlySet<string> = new Set(['h264', 'hevc']);

/**
 * An RTSP camera through one ffmpeg per connection. Decodes keyframes only while their measured distance allows the wanted
 * interval within 35 %, and everything otherwise; tries the chosen hardware decoder and falls back to software.
 */
export class RtspSource implements FrameSource {
  readonly #address: SourceAddress;
  readonly #settings: CameraSettings;
  readonly #clock: Clock;
  readonly #program: string;
  #meter = new StreamMeter();
  #pid: number | undefined;
  /** Absent where no clips are kept. */
  readonly recent: RecentVideo | undefined;
  /** Since when and why everything is decoded; undefined while keyframes do. */
  #full: { since: number; reason: string } | undefined;
  /** Decodes in software for good, although another decoder was wished for. */
  #hasFallenBack = false;
  /** What the stream was seen to be, for decoders by codec. */
  #codec: string | undefined;

  constructor(options: { address: SourceAddress; settings: CameraSettings; clock: Clock; program: string }) {
    this.#address = options.address;
    this.#settings = options.settings;
    this.#clock = options.clock;
    this.#program = options.program;
    this.recent = recentVideoOf(options.settings, options.clock);
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  get facts(): StreamFacts {
    return this.#meter.facts();
  }

  get view(): SourceView {
    return { input: this.#address.target, options: () => Promise.resolve(rtspInputOptions(this.#settings)) };
  }

  get notes(): string[] {
    const notes: string[] = [];
    if (this.#full) notes.push(`every picture is decoded, which costs more: ${this.#full.reason}`);
    if (this.#hasFallenBack)
      notes.push(`the decoder "${this.#settings.decoder}" does not work here: decoding in software`);
    return notes;
  }

  async *pictures(signal: AbortSignal): AsyncGenerator<SampledPicture, void, void> {
    if (this.#full !== undefined && this.#clock.monotonic() - this.#full.since > FULL_DECODING_MS)
      this.#full = undefined;
    if (this.#address.scheme === 'rtsps' && this.#settings.verifyCertificate)
      await checkCertificate(this.#address, signal);
    // Each turn is another way of decoding: there are at most as many as decoders, plus one.
    while (!signal.aborted) yield* this.#connection(signal);
  }

  /** One run of ffmpeg. Returns when the signal is aborted or when another way of decoding has to be tried. */
  async *#connection(signal: AbortSignal): AsyncGenerator<SampledPicture, void, void> {
    const connection = new AbortController();
    const stop = (): void => connection.abort();
    signal.addEventListener('abort', stop, { once: true });
    this.#meter = new StreamMeter();
    this.recent?.connected();
    const isKeyframes = this.#full === undefined;
    const decodeAll = (reason: string): void => {
      this.#full = { since: this.#clock.monotonic(), reason };
      stop();
    };
    const spacing = new KeyframeSpacing({ everyMs: this.#settings.everyMs });
    const decoding = this.#decoding();
    const startedAt = this.#clock.monotonic();
    let packets = 0;
    const onPacket = (packet: StreamPacket): void => {
      packets++;
      if (decoding === 'unknown') {
        this.#codec = this.#meter.facts().codec;
        stop();
      }
      if (isKeyframes && this.#full === undefined && spacing.isTooFar(packet))
        decodeAll('keyframes are further apart than the interval');
    };
    let delivered = 0;
    let late = 0;
    try {
      const decoder = decoding === 'unknown' ? [] : decoding;
      for await (const picture of this.#run({ isKeyframes, decoder, onPacket, signal: connection.signal })) {
        // A stream with reordered pictures makes the decoder hold each keyframe back until two more have come; a machine that is
        // too busy to read does so now and then, and must not decode more for it.
        late = picture.lagMs > this.#settings.everyMs ? late + 1 : 0;
        if (isKeyframes && late >= LATE_IN_A_ROW) {
          decodeAll('the stream reorders its pictures, which delays keyframes');
          return;
        }
        delivered++;
        this.recent?.saw(picture);
        yield picture;
      }
    } catch (error) {
      // A hardware decoder that does not work ends before its first picture; what the network says is not its fault.
      if (delivered > 0 || decoding.length === 0 || decoding === 'unknown' || isNetworkTrouble(error)) throw error;
      this.#hasFallenBack = true;
    } finally {
      if (delivered === 0 && decoding !== 'unknown') {
        // Packets and no picture until somebody lost patience.
        const isSilent = packets > 0 && this.#clock.monotonic() - startedAt > SILENT_MS;
        if (decoding.length > 0 && isSilent && signal.aborted) this.#hasFallenBack = true;
        this.#codec = undefined;
      }
      signal.removeEventListener('abort', stop);
      connection.abort();
    }
  }

  /** Options of the decoder to use now; `unknown` when the stream's codec has to be seen first. */
  #decoding(): readonly string[] | 'unknown' {
    const { decoder } = this.#settings;
    if (this.#hasFallenBack) return [];
    if (!BY_CODEC.has(decoder)) return DECODER_OPTIONS[decoder];
    if (this.#codec === undefined) return 'unknown';
    if (CODECS.has(this.#codec)) return ['-c:v', `${this.#codec}_${decoder}`];
    this.#hasFallenBack = true;
    return [];
  }

  #run(options: {
    isKeyframes: boolean;
    decoder: readonly string[];
    onPacket: (packet: StreamPacket) => void;
    signal: AbortSignal;
  }): AsyncGenerator<StreamPicture, void, void> {
    const { isKeyframes, decoder, onPacket, signal } = options;
    const { everyMs, maxWidth, quality } = this.#settings;
    const picking: Picking = isKeyframes
      ? { kind: 'spaced', atLeastMs: everyMs * EARLIEST }
      : { kind: 'grid', everyMs };
    // low_delay hands a keyframe out at once instead of when the next one comes; it would disorder other pictures. The loop
    // filter is a seventh of the work and at most 0.3 dB of a keyframe; only pictures predicted from it would drift.
    const decoding = isKeyframes ? ['-skip_frame', 'nokey', '-flags', 'low_delay', '-skip_loop_filter', 'all'] : [];
    return ffmpegPictures({
      program: this.#program,
      inputOptions: [...rtspInputOptions(this.#settings), ...decoding, ...decoder],
      input: this.#address.target,
      picking,
      maxWidth,
      quality,
      clock: this.#clock,
      signal,
      onPacket,
      meter: this.#meter,
      ...(this.recent && { onRecording: this.recent.push }),
      onProcess: (pid) => {
        this.#pid = pid;
      },
    });
  }
}

/** What stands before `-i` for any RTSP stream. */
export function rtspInputOptions({ transport }: Pick<CameraSettings, 'transport'>): string[] {
  return [
    ...['-protocol_whitelist', 'rtp,srtp,udp,tcp,tls,crypto', '-f', 'rtsp'],
    ...['-rtsp_transport', transport, '-allowed_media_types', 'video'],
    // The stream is looked at until its first keyframe tells what it is, and no longer.
    ...['-fpsprobesize', '0', '-analyzeduration', '15000000', '-probesize', '50000000'],
  ];
}

function isNetworkTrouble(error: unknown): boolean {
  return (
    error instanceof WatchwordError &&
    error.kind !== 'unsupported' &&
    error.kind !== 'internal' &&
    error.kind !== 'corrupt'
  );
}

/**
 * Looks at the certificate once before each connection, because ffmpeg does not check it for RTSP. This catches a wrong or
 * self-signed certificate and says so; it does not bind the later connection to the same certificate.
 */
export function checkCertificate(address: SourceAddress, signal: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(address.target);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: port === '' ? 322 : Number(port),
      servername: /[a-z]/i.test(host) ? host : '',
    });
    const finish = (error?: Error): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    const onAbort = (): void => finish();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('secureConnect', () => finish());
    socket.once('error', (error: NodeJS.ErrnoException) => finish(connectionCause(error)));
  });
}
