import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { selfSigned } from '../../src/platform/self-signed.ts';
import { tempFolder } from '../store/temp-store.ts';

const NOW = Date.parse('2026-03-02T09:00:00Z');
const NAMES = ['box', 'box.local', 'localhost', '127.0.0.1', '192.168.1.20', '::1', 'fe80::12:ab%eth0', '2001:db8::7'];

describe('a certificate that the box signs itself', () => {
  const { cert, key } = selfSigned({ names: NAMES, now: NOW });
  const read = new X509Certificate(cert);

  test('is for all its names and addresses, and for no other', () => {
    for (const name of ['box', 'box.local', 'localhost']) expect(read.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '192.168.1.20', '::1', 'fe80::12:ab', '2001:db8::7'])
      expect(read.checkIP(address)).toBeDefined();
    expect([read.checkHost('other'), read.checkIP('192.168.1.21')]).toEqual([undefined, undefined]);
  });

  test('is signed by its own key and may be installed as an authority', () => {
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect([read.ca, read.issuer, read.subject]).toEqual([true, 'CN=box', 'CN=box']);
    const file = join(tempFolder(), 'certificate.pem');
    writeFileSync(file, cert);
    // A second opinion: OpenSSL trusts it where it is the authority.
    expect(execFileSync('openssl', ['verify', '-CAfile', file, '-purpose', 'sslserver', file]).toString()).toBe(
      `${file}: OK\n`,
    );
  });

  test('is valid for ten years, also when it is made before the clock is set', () => {
    expect(Date.parse(read.validFrom)).toBe(Date.parse('2026-01-01T00:00:00Z'));
    expect(Date.parse(read.validTo)).toBe(NOW + 3_650 * 86_400_000);
    const early = new X509Certificate(selfSigned({ names: NAMES, now: 30_000 }).cert);
    expect(Date.parse(early.validFrom)).toBe(30_000);
    expect(new Date(early.validTo).getUTCFullYear()).toBe(2035);
    const late = new X509Certificate(selfSigned({ names: NAMES, now: Date.parse('2049-06-01T00:00:00Z') }).cert);
    expect(new Date(late.validTo).getUTCFullYear()).toBe(2059);
  });
});
