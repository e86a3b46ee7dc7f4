import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCertificates } from '../src/certificates.ts';
import { createLogger, silentLogger } from '../src/platform/logger.ts';
import { WebServer } from '../src/web/server.ts';
import { createWebApp } from '../src/web/web-app.tsx';
import { tempFolder } from './store/temp-store.ts';
import { alertsWith } from './support/alerts-setup.ts';
import { makeCertificates, Subscriber } from './support/broker.ts';
import { ManualClock } from './support/manual-clock.ts';
import { until } from './support/until.ts';
import { fakeStore, PASSWORDS } from './web/fixture.ts';

function certificates(tls: Parameters<typeof createCertificates>[0]['settings']['web']['tls'], data = tempFolder()) {
  const lines: string[] = [];
  const logger = createLogger((_level, message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`));
  return { data, lines, ...createCertificates({ settings: { data, web: { tls } }, clock: new ManualClock(), logger }) };
}

/** Status and cookie of a login over TLS that trusts `ca` alone. */
function logIn(url: string, ca: string): Promise<{ status: number | undefined; cookie: string }> {
  const body = new URLSearchParams({ name: 'viewer', password: PASSWORDS.viewer }).toString();
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
  return new Promise((resolve, reject) => {
    const asked = request(new URL('/login', url), { method: 'POST', ca, headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, cookie: answer.headers['set-cookie']?.[0] ?? '' });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

async function serve(tls: { cert: string; key: string } | undefined): Promise<string> {
  const store = fakeStore();
  await store.addUsers();
  const server = new WebServer({ web: createWebApp(store.deps()), host: '127.0.0.1', port: 0, tls });
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return (await server.start()).url;
}

describe('certificates', () => {
  test('the box makes one at its first start, keeps it, and tells its fingerprint but not its key', () => {
    const first = certificates('self-signed');
    const made = first.web();
    expect(first.lines.join()).toMatch(/made a certificate .*"sha256":"([0-9A-F]{2}:){31}[0-9A-F]{2}"/);
    expect(first.lines.join()).not.toContain('PRIVATE');
    expect(statSync(join(first.data, 'tls/key.pem')).mode & 0o777).toBe(0o600);
    const second = certificates('self-signed', first.data);
    expect([second.web(), second.own()]).toEqual([made, made]);
    writeFileSync(join(first.data, 'tls/certificate.pem'), 'damaged');
    expect(second.own().cert).not.toBe(made?.cert);
    expect(certificates(undefined).web()).toBeUndefined();
  });

  test('the page is served with it, and its cookie is for TLS only', async () => {
    const made = certificates('self-signed').web();
    const url = await serve(made);
    expect(url).toMatch(/^https:/);
    const { status, cookie } = await logIn(url, made?.cert ?? '');
    expect([status, cookie]).toEqual([303, expect.stringMatching(/^watchword_session=.*; Secure/)]);
    await expect(logIn(url, certificates('self-signed').web()?.cert ?? '')).rejects.toThrow(/self.signed|certificate/i);
  });

  test("one of the owner's own is served as it is, and a missing file is named", async () => {
    const folder = tempFolder();
    makeCertificates(folder);
    const [certFile, keyFile] = [join(folder, 'server.crt'), join(folder, 'server.key')];
    const url = await serve(certificates({ certFile, keyFile }).web());
    expect((await logIn(url, readFileSync(join(folder, 'ca.crt'), 'utf8'))).status).toBe(303);
    const gone = certificates({ certFile: join(folder, 'gone.crt'), keyFile });
    expect(() => gone.web()).toThrow(expect.objectContaining({ message: expect.stringContaining('web.tls.certFile') }));
  });

  test('the embedded broker speaks TLS with it', async () => {
    const { own } = certificates(undefined);
    const mqtt = { port: 0, user: 'ops', password: 'a long password', tls: 'self-signed' };
    const { alerts, health } = alertsWith(mqtt, { ownCertificate: own, logger: silentLogger });
    onTestFinished(() => alerts.stop());
    await alerts.start();
    await until(() => health.get('broker')?.status === 'ok', 'the broker');
    expect(alerts.mqttUrl).toMatch(/^mqtts:/);
    const login = { username: 'ops', password: 'a long password', reconnectPeriod: 0 };
    const guest = await Subscriber.connect(alerts.mqttUrl, ['#'], { ...login, ca: own().cert });
    onTestFinished(() => guest.stop());
    await until(() => guest.last('watchword/shop/available') === 'online', 'the birth');
    await expect(Subscriber.connect(alerts.mqttUrl, ['#'], login)).rejects.toThrow(/certificate/i);
  });
});
