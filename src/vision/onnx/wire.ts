/**
 * Protocol Buffers wire format, as far as ONNX files need it: fields are read as views into the file and written back
 * unchanged, so that an edit touches only what it means to touch and never copies the weights.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

export interface WireField {
  readonly field: number;
  readonly wire: number;
  /** The value of a varint field (two's complement, 64 bits); 0n for others. */
  readonly value: bigint;
  /** The bytes of any other field: a view into the message that was read. Empty for varints. */
  readonly bytes: Uint8Array;
}

/** A message under construction: parts are kept as they are, so that large views are never copied. */
export class WireWriter {
  readonly parts: Uint8Array[] = [];
  byteLength = 0;

  raw(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.byteLength += bytes.length;
    return this;
  }

  varint(field: number, value: number | bigint): this {
    return this.raw(encodeVarint((field << 3) | VARINT)).raw(encodeVarint(value));
  }

  bytes(field: number, bytes: Uint8Array): this {
    return this.raw(encodeVarint((field << 3) | LENGTH_DELIMITED))
      .raw(encodeVarint(bytes.length))
      .raw(bytes);
  }

  text(field: number, text: string): this {
    return this.bytes(field, Buffer.from(text, 'utf8'));
  }

  message(field: number, message: WireWriter): this {
    this.raw(encodeVarint((field << 3) | LENGTH_DELIMITED)).raw(encodeVarint(message.byteLength));
    for (const part of message.parts) this.raw(part);
    return this;
  }

  /** Writes a field exactly as it was read. */
  copy(field: WireField): this {
    if (field.wire === VARINT) return this.varint(field.field, field.value);
    if (field.wire === LENGTH_DELIMITED) return this.bytes(field.field, field.bytes);
    return this.raw(encodeVarint((field.field << 3) | field.wire)).raw(field.bytes);
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.parts, this.byteLength);
  }
}

/** The fields of one message, in order. Throws a RangeError when the bytes end early or are no protobuf message. */
export function readFields(message: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = decodeVarint(message, at);
    at = tag.next;
    const field = Number(tag.value >> 3n);
    const wire = Number(tag.value & 7n);
    if (field === 0) throw new RangeError(`no protobuf field at byte ${at}`);
    if (wire === VARINT) {
      const { value, next } = decodeVarint(message, at);
      fields.push({ field, wire, value, bytes: EMPTY });
      at = next;
      continue;
    }
    let length = wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : -1;
    if (wire === LENGTH_DELIMITED) {
      const size = decodeVarint(message, at);
      at = size.next;
      length = Number(size.value);
    }
    if (length < 0) throw new RangeError(`unknown protobuf wire type ${wire} at byte ${at}`);
    if (at + length > message.length)
      throw new RangeError(`field ${field} needs ${length} bytes at ${at}, the message ends at ${message.length}`);
    fields.push({ field, wire, value: 0n, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

/** A repeated integer field, packed or not. */
export function readIntegers(fields: readonly WireField[], field: number): bigint[] {
  const values: bigint[] = [];
  for (const entry of fields) {
    if (entry.field !== field) continue;
    if (entry.wire === VARINT) {
      values.push(entry.value);
      continue;
    }
    for (let at = 0; at < entry.bytes.length; ) {
      const { value, next } = decodeVarint(entry.bytes, at);
      values.push(value);
      at = next;
    }
  }
  return values;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

const EMPTY = new Uint8Array(0);

function decodeVarint(bytes: Uint8Array, at: number): { value: bigint; next: number } {
  // Tags and most lengths fit 28 bits: plain numbers are several times faster than bigints there.
  let small = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) throw new RangeError('a number is cut off at the end of the message');
    small |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value: BigInt(small), next: at };
  }
  let value = BigInt(small);
  for (let shift = 28n; shift < 70n; shift += 7n) {
    const byte = bytes[at++];
    if (byte === undefined) throw new RangeError('a number is cut off at the end of the message');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: BigInt.asIntN(64, value), next: at };
  }
  throw new RangeError('a number is longer than 64 bits');
}

function encodeVarint(number: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(number));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
