/** One packet of the video stream as it came in, before any decoding. */
export interface StreamPacket {
  /** Presentation time, ms from the start of the stream. */
  readonly ptsMs: number;
  readonly isKey: boolean;
}

const MAX_LINE = 4_096;

/**
 * Reads ffmpeg's `-f framecrc` output of a copied stream: `stream, dts, pts, duration, size, checksum`, with `F=0x0` behind
 * packets that are not keyframes and the time base in a `#tb` line. It tells when each packet came and which are
 * keyframes, without a second connection and for next to no CPU. Lines it does not know are passed over.
 */
export class PacketLogReader {
  #rest = '';
  #msPerTick = 0;
  /** As ffmpeg names it; undefined before the stream's header came. */
  codec: string | undefined;
  width: number | undefined;
  height: number | undefined;

  push(chunk: Buffer): StreamPacket[] {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-MAX_LINE);
    const packets: StreamPacket[] = [];
    for (const line of lines) {
      if (line.startsWith('#')) {
        this.#header(line);
        continue;
      }
      const fields = line.split(',');
      const pts = Number(fields[2]);
      if (fields.length < 6 || !Number.isFinite(pts) || this.#msPerTick === 0) continue;
      packets.push({ ptsMs: pts * this.#msPerTick, isKey: !/F=0x0*[02468ACE]\b/i.test(line) });
    }
    return packets;
  }

  #header(line: string): void {
    const base = /^#tb 0: (\d+)\/(\d+)/.exec(line);
    if (base) this.#msPerTick = (1000 * Number(base[1])) / Number(base[2]);
    this.codec = /^#codec_id 0: (\S+)/.exec(line)?.[1] ?? this.codec;
    const size = /^#dimensions 0: (\d+)x(\d+)/.exec(line);
    if (!size) return;
    this.width = Number(size[1]);
    this.height = Number(size[2]);
  }
}
