// A decoder for MPEG-1 video (ISO/IEC 11172-2) as node-rtsp-stream's muxer sends it: intra and predicted pictures, no
// bidirectional ones. Pages use it through `watchwordVideo`; tests load it in Node.
(() => {
  const INTRA = 1;
  const PREDICTED = 2;
  const PICTURE = 0x00;
  const SEQUENCE = 0xb3;

  // Tables of variable-length codes: each line of a table is `code value`; see annex B of the standard.
  const words = (text) => text.trim().split(/\s+/);

  /** A table that is looked up with as many bits as its longest code has: value * 32 + length of the code. */
  function codeTable(pairs) {
    const bits = Math.max(...pairs.map(([code]) => code.length));
    const entries = new Int32Array(1 << bits);
    for (const [code, value] of pairs) {
      const free = bits - code.length;
      const first = Number.parseInt(code, 2) << free;
      entries.fill(value * 32 + code.length, first, first + (1 << free));
    }
    return { bits, entries };
  }

  const counted = (first, text) => words(text).map((code, i) => [code, first + i]);
  const paired = (text) => {
    const list = words(text);
    return Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], Number(list[2 * i + 1])]);
  };

  const STUFFING = 34;
  const ESCAPE = 35;
  const ADDRESS_INCREMENT = codeTable([
    ...counted(
      1,
      `1 011 010 0011 0010 00011 00010 0000111 0000110 00001011 00001010 00001001 00001000 00000111 00000110
       0000010111 0000010110 0000010101 0000010100 0000010011 0000010010 00000100011 00000100010 00000100001
       00000100000 00000011111 00000011110 00000011101 00000011100 00000011011 00000011010 00000011001 00000011000`,
    ),
    ['00000001111', STUFFING],
    ['00000001000', ESCAPE],
  ]);

  // What a macroblock brings, as flags.
  const HAS_QUANT = 16;
  const HAS_MOTION = 8;
  const HAS_PATTERN = 2;
  const IS_INTRA = 1;
  const BLOCK_TYPES = {
    [INTRA]: codeTable(paired('1 1 01 17')),
    [PREDICTED]: codeTable(paired('1 10 01 2 001 8 00011 1 00010 26 00001 18 000001 17')),
  };

  const CODED_PATTERN = codeTable(
    paired(`111 60 1101 4 1100 8 1011 16 1010 32 10011 12 10010 48 10001 20 10000 40 01111 28 01110 44 01101 52
      01100 56 01011 1 01010 61 01001 2 01000 62 001111 24 001110 36 001101 3 001100 63 0010111 5 0010110 9
      0010101 17 0010100 33 0010011 6 0010010 10 0010001 18 0010000 34 00011111 7 00011110 11 00011101 19
      00011100 35 00011011 13 00011010 49 00011001 21 00011000 41 00010111 14 00010110 50 00010101 22 00010100 42
      00010011 15 00010010 51 00010001 23 00010000 43 00001111 25 00001110 37 00001101 26 00001100 38 00001011 29
      00001010 45 00001001 53 00001000 57 00000111 30 00000110 46 00000101 54 00000100 58 000000111 31
      000000110 47 000000101 55 000000100 59 000000011 27 000000010 39`),
  );

  // The sign is the bit after the code.
  const MOTION = codeTable(
    counted(
      0,
      `1 01 001 0001 000011 0000101 0000100 0000011 000001011 000001010 000001001 0000010001 0000010000 0000001111
       0000001110 0000001101 0000001100`,
    ),
  );

  const DC_SIZE_LUMA = codeTable(counted(0, '100 00 01 101 110 1110 11110 111110 1111110'));
  const DC_SIZE_CHROMA = codeTable(counted(0, '00 01 10 110 1110 11110 111110 1111110 11111110'));

  const END_OF_BLOCK = 0;
  const LONG_FORM = 1;
  /** run * 64 + level; the sign is the bit after the code. */
  const COEFFICIENT = codeTable([
    ['10', END_OF_BLOCK],
    ['000001', LONG_FORM],
    ...Object.entries({
      // The codes of each run, level 1 first.
      0: `11 0100 00101 0000110 00100110 00100001 0000001010 000000011101 000000011000 000000010011 000000010000
        0000000011010 0000000011001 0000000011000 0000000010111 00000000011111 00000000011110 00000000011101
        00000000011100 00000000011011 00000000011010 00000000011001 00000000011000 00000000010111 00000000010110
        00000000010101 00000000010100 00000000010011 00000000010010 00000000010001 00000000010000 000000000011000
        000000000010111 000000000010110 000000000010101 000000000010100 000000000010011 000000000010010
        000000000010001 000000000010000`,
      1: `011 000110 00100101 0000001100 000000011011 0000000010110 0000000010101 000000000011111 000000000011110
        000000000011101 000000000011100 000000000011011 000000000011010 000000000011001 0000000000010011
        0000000000010010 0000000000010001 0000000000010000`,
      2: '0101 0000100 0000001011 000000010100 0000000010100',
      3: '00111 00100100 000000011100 0000000010011',
      4: '00110 0000001111 000000010010',
      5: '000111 0000001001 0000000010010',
      6: '000101 000000011110 0000000000010100',
      7: '000100 000000010101',
      8: '0000111 000000010001',
      9: '0000101 0000000010001',
      10: '00100111 0000000010000',
      11: '00100011 0000000000011010',
      12: '00100010 0000000000011001',
      13: '00100000 0000000000011000',
      14: '0000001110 0000000000010111',
      15: '0000001101 0000000000010110',
      16: '0000001000 0000000000010101',
      17: '000000011111',
      18: '000000011010',
      19: '000000011001',
      20: '000000010111',
      21: '000000010110',
      22: '0000000011111',
      23: '0000000011110',
      24: '0000000011101',
      25: '0000000011100',
      26: '0000000011011',
      27: '0000000000011111',
      28: '0000000000011110',
      29: '0000000000011101',
      30: '0000000000011100',
      31: '0000000000011011',
    }).flatMap(([run, codes]) => words(codes).map((code, i) => [code, Number(run) * 64 + i + 1 + 2])),
  ]);

  // Where the n-th coefficient of the zigzag stands in the block.
  const ZIGZAG = Uint8Array.from(
    { length: 64 },
    (() => {
      const order = Array.from({ length: 64 }, (_, at) => at).sort((a, b) => {
        const [ya, xa, yb, xb] = [a >> 3, a & 7, b >> 3, b & 7];
        if (xa + ya !== xb + yb) return xa + ya - xb - yb;
        return (xa + ya) % 2 === 0 ? yb - ya : ya - yb;
      });
      return (_, n) => order[n];
    })(),
  );

  // biome-ignore format: a matrix reads best as one.
  const DEFAULT_INTRA_MATRIX = Uint8Array.of(
    8, 16, 19, 22, 26, 27, 29, 34,  16, 16, 22, 24, 27, 29, 34, 37,
    19, 22, 26, 27, 29, 34, 34, 38, 22, 22, 26, 27, 29, 34, 37, 40,
    22, 26, 27, 29, 32, 35, 40, 48, 26, 27, 29, 32, 35, 40, 48, 58,
    26, 27, 29, 34, 38, 46, 56, 69, 27, 29, 35, 38, 46, 56, 69, 83,
  );

  /** Thrown and caught within: the rest of a slice cannot be read. */
  class Damaged extends Error {}

  /** Bits of one picture, most significant first. Behind the end come zeros, and then Damaged. */
  class Bits {
    constructor(bytes, at = 0) {
      this.bytes = bytes;
      this.at = at;
    }

    /** The next `count` (1..16) bits without taking them. */
    peek(count) {
      const byte = this.at >> 3;
      const { bytes } = this;
      const word = ((bytes[byte] ?? 0) << 16) | ((bytes[byte + 1] ?? 0) << 8) | (bytes[byte + 2] ?? 0);
      return (word >> (24 - (this.at & 7) - count)) & ((1 << count) - 1);
    }

    read(count) {
      const value = this.peek(count);
      this.skip(count);
      return value;
    }

    skip(count) {
      this.at += count;
      if (this.at > this.bytes.length * 8 + 32) throw new Damaged();
    }

    code({ bits, entries }) {
      const entry = entries[this.peek(bits)];
      if (entry === 0) throw new Damaged();
      this.skip(entry & 31);
      return entry >> 5;
    }

    /** Whether nothing but padding is left: no macroblock begins with so many zeros. */
    isAtEnd() {
      return this.peek(16) === 0 && new Bits(this.bytes, this.at + 16).peek(7) === 0;
    }
  }

  const plane = (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height) });

  /** Decodes pictures in order. `onPicture` gets {width, height, y, cb, cr} that is valid until the next one. */
  class Mpeg1Decoder {
    constructor(onPicture) {
      this.onPicture = onPicture;
      this.block = new Float32Array(64);
      this.current = undefined;
      this.reference = undefined;
      this.intraMatrix = DEFAULT_INTRA_MATRIX;
      this.predictedMatrix = new Uint8Array(64).fill(16);
      this.hasReference = false;
    }

    /** One or more whole pictures with the headers before them. */
    decode(bytes) {
      let type = 0;
      for (const { code, start, end } of startCodes(bytes)) {
        const bits = new Bits(bytes.subarray(start, end));
        if (code === PICTURE) this.finish(type);
        try {
          if (code === SEQUENCE) this.readSequence(bits);
          else if (code === PICTURE) type = this.readPicture(bits);
          else if (code >= 0x01 && code <= 0xaf && type !== 0) this.readSlice(bits, code, type);
        } catch (error) {
          // What a damaged slice does not bring stays as it was in the picture before.
          if (!(error instanceof Damaged)) throw error;
        }
      }
      this.finish(type);
    }

    /** The picture is whole: what follows is predicted from it. */
    finish(type) {
      if (type === 0) return;
      this.hasReference = true;
      [this.current, this.reference] = [this.reference, this.current];
      this.onPicture({ width: this.width, height: this.height, ...this.reference });
    }

    readSequence(bits) {
      const width = bits.read(12);
      const height = bits.read(12);
      // Aspect, rate, bit rate, buffer size and flags.
      bits.skip(4 + 4 + 18 + 1 + 10 + 1);
      if (width === 0 || height === 0) throw new Damaged();
      if (width !== this.width || height !== this.height) this.resize(width, height);
      this.intraMatrix = bits.read(1) ? readMatrix(bits) : DEFAULT_INTRA_MATRIX;
      this.predictedMatrix = bits.read(1) ? readMatrix(bits) : new Uint8Array(64).fill(16);
    }

    resize(width, height) {
      this.width = width;
      this.height = height;
      this.columns = (width + 15) >> 4;
      this.rows = (height + 15) >> 4;
      const picture = () => ({
        y: plane(this.columns * 16, this.rows * 16),
        cb: plane(this.columns * 8, this.rows * 8),
        cr: plane(this.columns * 8, this.rows * 8),
      });
      this.current = picture();
      this.reference = picture();
      this.hasReference = false;
    }

    /** Returns the picture's type, or 0 for one that cannot be shown. */
    readPicture(bits) {
      bits.skip(10);
      const type = bits.read(3);
      bits.skip(16);
      if (!this.current || (type !== INTRA && !(type === PREDICTED && this.hasReference))) return 0;
      if (type === PREDICTED) {
        this.isFullPixel = bits.read(1) === 1;
        this.motionBits = bits.read(3) - 1;
        if (this.motionBits < 0) return 0;
      }
      // A slice that is missing shows what was there before.
      for (const name of ['y', 'cb', 'cr']) this.current[name].data.set(this.reference[name].data);
      return type;
    }

    readSlice(bits, row, type) {
      this.quant = bits.read(5);
      while (bits.read(1)) bits.skip(8);
      this.resetDc();
      this.motion = [0, 0];
      let address = (row - 1) * this.columns - 1;
      let isFirst = true;
      do {
        let increment = 0;
        let code = bits.code(ADDRESS_INCREMENT);
        for (; code >= STUFFING; code = bits.code(ADDRESS_INCREMENT)) increment += code === ESCAPE ? 33 : 0;
        increment += code;
        // What is skipped is the same as before, and already in place.
        if (!isFirst && increment > 1) {
          this.resetDc();
          this.motion = [0, 0];
        }
        isFirst = false;
        address += increment;
        if (address >= this.columns * this.rows) throw new Damaged();
        this.readMacroblock(bits, type, Math.floor(address / this.columns), address % this.columns);
      } while (!bits.isAtEnd());
    }

    resetDc() {
      this.dc = [1024, 1024, 1024];
    }

    readMacroblock(bits, type, row, column) {
      const kind = bits.code(BLOCK_TYPES[type]);
      if (kind & HAS_QUANT) this.quant = bits.read(5);
      const isIntra = (kind & IS_INTRA) !== 0;
      if (isIntra || !(kind & HAS_MOTION)) this.motion = [0, 0];
      else this.motion = [this.readMotion(bits, this.motion[0]), this.readMotion(bits, this.motion[1])];
      if (!isIntra) {
        this.resetDc();
        this.predict(row, column);
      }
      const pattern = isIntra ? 63 : kind & HAS_PATTERN ? bits.code(CODED_PATTERN) : 0;
      for (let i = 0; i < 6; i++) {
        if (!(pattern & (32 >> i))) continue;
        const target = i < 4 ? this.current.y : i === 4 ? this.current.cb : this.current.cr;
        const x = i < 4 ? column * 16 + (i & 1) * 8 : column * 8;
        const y = i < 4 ? row * 16 + (i >> 1) * 8 : row * 8;
        this.readBlock(bits, isIntra, Math.max(0, i - 3));
        paint(this.block, target, x, y, isIntra);
      }
    }

    /** One component of a motion vector, in half pixels unless the picture says whole ones. */
    readMotion(bits, before) {
      const size = bits.code(MOTION);
      if (size === 0) return before;
      const isNegative = bits.read(1) === 1;
      const rest = this.motionBits > 0 ? bits.read(this.motionBits) : 0;
      const length = ((size - 1) << this.motionBits) + rest + 1;
      const limit = 16 << this.motionBits;
      const sum = before + (isNegative ? -length : length);
      return sum >= limit ? sum - 2 * limit : sum < -limit ? sum + 2 * limit : sum;
    }

    predict(row, column) {
      const scale = this.isFullPixel ? 2 : 1;
      const [right, down] = [this.motion[0] * scale, this.motion[1] * scale];
      // Colours have half the size; the standard cuts the half vector towards zero.
      const [halfRight, halfDown] = [Math.trunc(right / 2), Math.trunc(down / 2)];
      const { current, reference } = this;
      move(reference.y, current.y, column * 16, row * 16, 16, right, down);
      move(reference.cb, current.cb, column * 8, row * 8, 8, halfRight, halfDown);
      move(reference.cr, current.cr, column * 8, row * 8, 8, halfRight, halfDown);
    }

    /** Reads and dequantises one block. `component`: 0 luma, 1 and 2 colours. */
    readBlock(bits, isIntra, component) {
      const { block, quant } = this;
      block.fill(0);
      const matrix = isIntra ? this.intraMatrix : this.predictedMatrix;
      let n = 0;
      if (isIntra) {
        const size = bits.code(component === 0 ? DC_SIZE_LUMA : DC_SIZE_CHROMA);
        const value = size === 0 ? 0 : bits.read(size);
        const difference = size === 0 || value >> (size - 1) ? value : value - (1 << size) + 1;
        this.dc[component] += difference * 8;
        block[0] = this.dc[component];
        n = 1;
      }
      for (let isFirst = !isIntra; ; isFirst = false) {
        let run = 0;
        let level = 1;
        // A block is never empty, so where it begins the short code means a one.
        if (isFirst && bits.peek(1) === 1) {
          bits.skip(1);
          level = bits.read(1) ? -1 : 1;
        } else {
          const code = bits.code(COEFFICIENT);
          if (code === END_OF_BLOCK) return;
          if (code === LONG_FORM) {
            run = bits.read(6);
            level = readLevel(bits);
          } else {
            run = (code - 2) >> 6;
            level = (code - 2) & 63;
            if (bits.read(1)) level = -level;
          }
        }
        n += run;
        if (n > 63) throw new Damaged();
        const at = ZIGZAG[n++];
        const doubled = isIntra ? 2 * level : 2 * level + Math.sign(level);
        let value = Math.trunc((doubled * quant * matrix[at]) / 16);
        // Even values are made odd, towards zero, so that decoders do not drift apart.
        if ((value & 1) === 0) value -= Math.sign(value);
        block[at] = Math.max(-2048, Math.min(2047, value));
      }
    }
  }

  function readLevel(bits) {
    const level = bits.read(8);
    if (level === 0) return bits.read(8);
    if (level === 128) return bits.read(8) - 256;
    return level > 128 ? level - 256 : level;
  }

  function readMatrix(bits) {
    const matrix = new Uint8Array(64);
    for (let n = 0; n < 64; n++) matrix[ZIGZAG[n]] = bits.read(8);
    return matrix;
  }

  /** What stands between start codes (00 00 01 xx): the code, and where its content begins and ends. */
  function* startCodes(bytes) {
    let open;
    for (let at = 0; at + 3 < bytes.length; at++) {
      if (bytes[at + 2] > 1) at += 2;
      else if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) {
        if (open) yield { ...open, end: at };
        open = { code: bytes[at + 3], start: at + 4 };
        at += 3;
      }
    }
    if (open) yield { ...open, end: bytes.length };
  }

  /** Copies a square of the reference, moved by half pixels, into the picture. */
  function move(from, to, x, y, size, right, down) {
    const { width } = from;
    const source = from.data;
    const [dx, dy] = [right & 1, down & 1];
    let at = (y + (down >> 1)) * width + x + (right >> 1);
    let target = y * width + x;
    for (let line = 0; line < size; line++, at += width, target += width) {
      if (!dx && !dy) {
        for (let i = 0; i < size; i++) to.data[target + i] = source[at + i];
      } else if (!dx || !dy) {
        const next = at + (dx ? 1 : width);
        for (let i = 0; i < size; i++) to.data[target + i] = (source[at + i] + source[next + i] + 1) >> 1;
      } else {
        for (let i = at; i < at + size; i++) {
          const sum = source[i] + source[i + 1] + source[i + width] + source[i + width + 1];
          to.data[target + i - at] = (sum + 2) >> 2;
        }
      }
    }
  }

  // cos(k * pi / 16) / 2; C0 is the factor of the constant term.
  const C0 = Math.SQRT1_2 / 2;
  const [, C1, C2, C3, , C5, C6, C7] = Array.from({ length: 8 }, (_, k) => Math.cos((k * Math.PI) / 16) / 2);

  /** The inverse cosine transform of eight values that stand `step` apart. Called often: it makes no objects. */
  function inverse(b, at, step) {
    const v1 = b[at + step];
    const v2 = b[at + 2 * step];
    const v3 = b[at + 3 * step];
    const v5 = b[at + 5 * step];
    const v6 = b[at + 6 * step];
    const v7 = b[at + 7 * step];
    const sum = (b[at] + b[at + 4 * step]) * C0;
    const gap = (b[at] - b[at + 4 * step]) * C0;
    const low = v2 * C2 + v6 * C6;
    const high = v2 * C6 - v6 * C2;
    const odd0 = v1 * C1 + v3 * C3 + v5 * C5 + v7 * C7;
    const odd1 = v1 * C3 - v3 * C7 - v5 * C1 - v7 * C5;
    const odd2 = v1 * C5 - v3 * C1 + v5 * C7 + v7 * C3;
    const odd3 = v1 * C7 - v3 * C5 + v5 * C3 - v7 * C1;
    b[at] = sum + low + odd0;
    b[at + 7 * step] = sum + low - odd0;
    b[at + step] = gap + high + odd1;
    b[at + 6 * step] = gap + high - odd1;
    b[at + 2 * step] = gap - high + odd2;
    b[at + 5 * step] = gap - high - odd2;
    b[at + 3 * step] = sum - low + odd3;
    b[at + 4 * step] = sum - low - odd3;
  }

  /** Puts a block into the picture, or adds it to what was predicted. */
  function paint(block, { data, width }, x, y, isIntra) {
    for (let i = 0; i < 8; i++) inverse(block, i * 8, 1);
    for (let i = 0; i < 8; i++) inverse(block, i, 8);
    for (let line = 0; line < 8; line++) {
      const target = (y + line) * width + x;
      for (let i = 0; i < 8; i++) data[target + i] = (isIntra ? 0 : data[target + i]) + block[line * 8 + i];
    }
  }

  /** Takes a transport stream (ISO/IEC 13818-1) apart; `onUnit` gets what each packet of its video (PES) holds: whole pictures. */
  class TransportReader {
    constructor(onUnit) {
      this.onUnit = onUnit;
      this.rest = new Uint8Array(0);
      this.parts = undefined;
      this.length = 0;
      this.pid = undefined;
    }

    push(chunk) {
      const bytes = joined([this.rest, chunk]);
      let at = 0;
      for (; at + 188 <= bytes.length; at += 188) {
        // Out of step: look for the next packet that another one follows.
        while (at + 188 < bytes.length && (bytes[at] !== 0x47 || bytes[at + 188] !== 0x47)) at++;
        if (at + 188 > bytes.length) break;
        if (bytes[at] === 0x47) this.packet(bytes.subarray(at, at + 188));
      }
      this.rest = bytes.slice(at);
    }

    packet(packet) {
      const isStart = (packet[1] & 0x40) !== 0;
      const pid = ((packet[1] & 0x1f) << 8) | packet[2];
      const start = packet[3] & 0x20 ? 5 + packet[4] : 4;
      if (!(packet[3] & 0x10) || start >= 188) return;
      let payload = packet.subarray(start);
      if (isStart && payload[0] === 0 && payload[1] === 0 && payload[2] === 1 && (payload[3] & 0xf0) === 0xe0) {
        if (this.parts && pid === this.pid) this.onUnit(joined(this.parts));
        this.pid = pid;
        this.parts = [];
        this.length = 0;
        payload = payload.subarray(9 + payload[8]);
      }
      if (!this.parts || pid !== this.pid) return;
      this.length += payload.length;
      // Far more than any picture has: this is not video.
      if (this.length > 4_000_000) this.parts = undefined;
      else this.parts.push(payload.slice());
    }
  }

  function joined(parts) {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** Colours for the screen (ITU-R BT.601, limited range), four bytes per pixel. */
  function toRgba({ width, height, y, cb, cr }, rgba) {
    for (let row = 0; row < height; row++) {
      let at = row * width * 4;
      const luma = row * y.width;
      const chroma = (row >> 1) * cb.width;
      for (let column = 0; column < width; column++, at += 4) {
        const light = 1.164 * (y.data[luma + column] - 16);
        const blue = cb.data[chroma + (column >> 1)] - 128;
        const red = cr.data[chroma + (column >> 1)] - 128;
        rgba[at] = light + 1.596 * red;
        rgba[at + 1] = light - 0.392 * blue - 0.813 * red;
        rgba[at + 2] = light + 2.017 * blue;
        rgba[at + 3] = 255;
      }
    }
  }

  globalThis.watchwordVideo = { Mpeg1Decoder, TransportReader, toRgba };
})();
