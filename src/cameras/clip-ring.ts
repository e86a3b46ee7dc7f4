const PACKET_BYTES = 188;
const SYNC = 0x47;
const PAT_PID = 0;
/** Where ffmpeg puts its program map, and its first stream. */
const PMT_PID = 0x1000;
const VIDEO_PID = 0x100;
/** Time stamps have 33 bits of 1/90000 s: they begin anew after 26.5 hours. */
const PTS_WRAP_MS = 2 ** 33 / 90;

/** From a keyframe up to the next one. */
interface Group {
  readonly ptsMs: number;
  readonly parts: Buffer[];
  bytes: number;
}

/** A piece of a transport stream that begins with a keyframe. */
export interface CutVideo {
  readonly transport: Buffer;
  /** Stream time of its first picture, ms. */
  readonly startPtsMs: number;
}

/**
 * Remembers the newest part of a camera's video as it came, undecoded: whole groups of pictures of an MPEG transport stream
 * as ffmpeg's `-f mpegts` writes it. Never holds more than `maxMs` plus one group, nor more than `maxBytes`.
 */
export class ClipRing {
  readonly #maxMs: number;
  readonly #maxBytes: number;
  readonly #tables = new Map<number, Buffer>();
  #groups: Group[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #newestMs = Number.NEGATIVE_INFINITY;
  #wraps = 0;

  constructor(options: { maxMs: number; maxBytes: number }) {
    this.#maxMs = options.maxMs;
    this.#maxBytes = options.maxBytes;
  }

  /** Stream time of the newest picture that begins in what came so far, ms. */
  get newestPtsMs(): number {
    return this.#newestMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the stream's bytes as they come. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (bytes.length % PACKET_BYTES);
    let from = 0;
    for (let at = 0; at < whole; at += PACKET_BYTES) {
      const packet = bytes.subarray(at, at + PACKET_BYTES);
      const startsAt = this.#keyframeOf(packet);
      if (startsAt === undefined) continue;
      this.#append(bytes.subarray(from, at));
      from = at;
      this.#groups.push({ ptsMs: startsAt, parts: [], bytes: 0 });
    }
    this.#append(bytes.subarray(from, whole));
    this.#rest = Buffer.from(bytes.subarray(whole));
    this.#forget();
  }

  /**
   * What it remembers from the last keyframe at or before `fromPtsMs` to the end of the group that holds `toPtsMs`. Later
   * when the beginning is forgotten; undefined when nothing of it is there.
   */
  cut(fromPtsMs: number, toPtsMs: number): CutVideo | undefined {
    const after = this.#groups.findIndex(({ ptsMs }) => ptsMs > fromPtsMs);
    const first = after < 0 ? this.#groups.length - 1 : Math.max(0, after - 1);
    const wanted = this.#groups.slice(first).filter(({ ptsMs }) => ptsMs <= toPtsMs);
    const [start] = wanted;
    if (!start) return undefined;
    const tables = [...this.#tables.values()];
    return { transport: Buffer.concat([...tables, ...wanted.flatMap(({ parts }) => parts)]), startPtsMs: start.ptsMs };
  }

  /** The time of the keyframe that this packet begins, if it does; remembers tables and times on the way. */
  #keyframeOf(packet: Buffer): number | undefined {
    if (packet[0] !== SYNC) return undefined;
    const pid = packet.readUInt16BE(1) & 0x1fff;
    if (pid === PAT_PID || pid === PMT_PID) this.#tables.set(pid, Buffer.from(packet));
    const isUnitStart = ((packet[1] ?? 0) & 0x40) !== 0;
    if (pid !== VIDEO_PID || !isUnitStart) return undefined;
    const hasAdaptation = ((packet[3] ?? 0) & 0x20) !== 0;
    const payload = hasAdaptation ? 5 + (packet[4] ?? 0) : 4;
    const ptsMs = this.#unwrapped(ptsOf(packet, payload));
    if (ptsMs === undefined) return undefined;
    this.#newestMs = Math.max(this.#newestMs, ptsMs);
    const isKey = hasAdaptation && (packet[4] ?? 0) > 0 && ((packet[5] ?? 0) & 0x40) !== 0;
    return isKey ? ptsMs : undefined;
  }

  #unwrapped(ptsMs: number | undefined): number | undefined {
    if (ptsMs === undefined) return undefined;
    const time = ptsMs + this.#wraps * PTS_WRAP_MS;
    if (this.#newestMs - time < PTS_WRAP_MS / 2) return time;
    this.#wraps++;
    return time + PTS_WRAP_MS;
  }

  #append(bytes: Buffer): void {
    const group = this.#groups.at(-1);
    // What comes before the first keyframe cannot be shown.
    if (!group || bytes.length === 0) return;
    group.parts.push(bytes);
    group.bytes += bytes.length;
    this.#bytes += bytes.length;
  }

  #forget(): void {
    for (let second = this.#groups[1]; this.#groups[0]; second = this.#groups[1]) {
      const isOld = second !== undefined && this.#newestMs - second.ptsMs > this.#maxMs;
      if (!isOld && this.#bytes <= this.#maxBytes) return;
      this.#bytes -= this.#groups.shift()?.bytes ?? 0;
    }
  }
}

/** Presentation time in the header of an elementary stream's packet (ISO/IEC 13818-1 2.4.3.6), ms. */
function ptsOf(packet: Buffer, at: number): number | undefined {
  if (at + 14 > packet.length || packet.readUIntBE(at, 3) !== 1) return undefined;
  if (((packet[at + 7] ?? 0) & 0x80) === 0) return undefined;
  const high = ((packet[at + 9] ?? 0) & 0x0e) * 2 ** 29;
  const middle = (packet.readUInt16BE(at + 10) >> 1) * 2 ** 15;
  const low = packet.readUInt16BE(at + 12) >> 1;
  return (high + middle + low) / 90;
}
