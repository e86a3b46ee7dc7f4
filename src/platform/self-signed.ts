import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const YEAR_MS = 365 * 86_400_000;
/** A clock that is not set must not make a certificate that has run out when it is. */
const NOT_BEFORE = Date.parse('2026-01-01T00:00:00Z');
/** Longer than a box lives: who has told his devices to trust it need not do it again. */
const VALID_MS = 10 * YEAR_MS;

/**
 * A new P-256 key and a certificate for it that it signs itself (X.509 v3, RFC 5280): for these names and addresses, the first
 * of which is its subject. It may be installed as an authority, so that browsers and MQTT clients trust it.
 */
export function selfSigned(options: { readonly names: readonly string[]; readonly now: number }): Certificate {
  const { names, now } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const name = sequence(set(sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(names[0] ?? 'watchword')))));
  const validity = sequence(time(Math.min(now, NOT_BEFORE)), time(Math.max(now, NOT_BEFORE) + VALID_MS));
  const extensions = sequence(
    extension('2.5.29.19', sequence(tagged(0x01, Buffer.from([0xff])))),
    // digitalSignature, keyCertSign
    extension('2.5.29.15', tagged(0x03, Buffer.from([2, 0x84]))),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', sequence(...names.map(alternative))),
  );
  const unsigned = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    algorithm,
    ...[name, validity, name],
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', unsigned, privateKey)]));
  return {
    cert: pem('CERTIFICATE', sequence(unsigned, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, Buffer.concat(parts));
const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, Buffer.concat(parts));

/** Positive: a first bit that is set gets a zero before it. */
function integer(bytes: Uint8Array): Buffer {
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return tagged(0x02, isNegative ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((number) => {
    const groups = [number & 0x7f];
    for (let left = number >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
function time(wallMs: number): Buffer {
  const text = new Date(wallMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  return text < '2050' ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text));
}

function extension(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), tagged(0x04, value));
}

function alternative(name: string): Buffer {
  const version = isIP(name);
  if (version === 0) return tagged(0x82, Buffer.from(name, 'latin1'));
  return tagged(0x87, Buffer.from(version === 4 ? name.split('.').map(Number) : bytesOfIpv6(name)));
}

function bytesOfIpv6(address: string): number[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...(tail === undefined ? [] : zeros), ...right].flatMap((group) => {
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
