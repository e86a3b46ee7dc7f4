import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { SampledPicture } from '../../src/cameras/frame.ts';
import { authorization } from '../../src/cameras/http-auth.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { until } from '../support/clips.ts';

let jpeg: Buffer;
let png: Buffer;
beforeAll(async () => {
  const grey = sharp({ create: { width: 320, height: 180, channels: 3, background: '#808080' } });
  jpeg = await grey.clone().jpeg().toBuffer();
  png = await grey.clone().png().toBuffer();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A camera's web server; resolves with its host and port. */
async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
}

async function sample(source: string, count: number, settings: object = {}): Promise<SampledPicture[]> {
  const parsed = cameraSettingsSchema.parse({ source, every: '200ms', ...settings });
  const stop = new AbortController();
  const pictures: SampledPicture[] = [];
  for await (const picture of createSource(parsed, { clock: systemClock, demoFolder: '', baseFolder: '' }).pictures(
    stop.signal,
  )) {
    pictures.push(picture);
    if (pictures.length === count) stop.abort();
  }
  return pictures;
}

/** Sends the same part 50 times a second. */
function motionJpeg(response: ServerResponse, part: Buffer): void {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=--cam' });
  const timer = setInterval(() => {
    response.write(`--cam\r\nContent-Type: image/jpeg\r\nContent-Length: ${part.length}\r\n\r\n`);
    response.write(part);
    response.write('\r\n');
  }, 20);
  response.on('close', () => clearInterval(timer));
}

describe('a motion JPEG camera', () => {
  it('is sampled once per interval; its pictures are passed on untouched', async () => {
    const host = await serve((_request, response) => motionJpeg(response, jpeg));
    const pictures = await sample(`http://${host}/video`, 5);
    expect(pictures.every((picture) => Buffer.from(picture.jpeg).equals(jpeg))).toBe(true);
    expect(pictures[0]).toMatchObject({ width: 320, height: 180 });
    const took = (pictures.at(-1)?.at ?? 0) - (pictures[0]?.at ?? 0);
    expect(took).toBeGreaterThan(600);
    expect(took).toBeLessThan(2_500);
  });

  it('is scaled down to the limit', async () => {
    const host = await serve((_request, response) => motionJpeg(response, jpeg));
    const [picture] = await sample(`http://${host}/video`, 1, { maxWidth: 160 });
    expect(picture).toMatchObject({ width: 160, height: 90 });
    expect(await sharp(picture?.jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 160, height: 90 });
  });

  it('that closes has ended; one that sends rubbish is damaged', async () => {
    const closing = await serve((_request, response) => {
      motionJpeg(response, jpeg);
      setTimeout(() => response.destroy(), 100);
    });
    await expect(sample(`http://${closing}/`, 99)).rejects.toMatchObject({ message: 'the stream ended' });
    const rubbish = await serve((_request, response) => motionJpeg(response, Buffer.from('no picture')));
    await expect(sample(`http://${rubbish}/`, 99, { every: '100ms' })).rejects.toMatchObject({ kind: 'corrupt' });
  });

  it('is closed when nobody samples it any more', async () => {
    let open = 0;
    const host = await serve((_request, response) => {
      open++;
      response.on('close', () => open--);
      motionJpeg(response, jpeg);
    });
    await sample(`http://${host}/`, 1);
    await until('the connection is closed', () => open === 0);
  });
});

describe('a still-picture camera', () => {
  it('is asked once per interval, whatever the format', async () => {
    let asked = 0;
    const host = await serve((_request, response) => {
      asked++;
      response.writeHead(200, { 'content-type': 'image/png' });
      response.end(png);
    });
    const pictures = await sample(`http://${host}/snap`, 3);
    expect(asked).toBe(3);
    for (const picture of pictures)
      expect(await sharp(picture.jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 320 });
    const gaps = pictures.slice(1).map(({ at }, index) => at - (pictures[index]?.at ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThan(100);
  });

  it('answers a Digest challenge, as most cameras ask for it', async () => {
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const host = await serve((request, response) => {
      const got = request.headers.authorization ?? '';
      const field = (name: string): string => new RegExp(`${name}="?([^",]+)`).exec(got)?.[1] ?? '';
      const secret = md5('us er:cam:p@ss');
      const expected = md5(`${secret}:n1:${field('nc')}:${field('cnonce')}:auth:${md5(`GET:${request.url}`)}`);
      if (field('response') !== expected) {
        response.writeHead(401, { 'www-authenticate': 'Digest realm="cam", nonce="n1", qop="auth", algorithm=MD5' });
        response.end();
        return;
      }
      response.writeHead(200, { 'content-type': 'image/jpeg' });
      response.end(jpeg);
    });
    expect(await sample(`http://${host}/snap?ch=1`, 2, { user: 'us er', password: 'p@ss' })).toHaveLength(2);
    await expect(sample(`http://us er:secret@${host}/snap`.replace(' ', '%20'), 1)).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
  });

  it('computes the digest of the RFC 7616 examples', () => {
    const request = {
      login: { user: 'Mufasa', password: 'Circle of Life' },
      method: 'GET',
      uri: '/dir/index.html',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    };
    const challenge = (algorithm: string): string =>
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
    expect(authorization(challenge('MD5'), request)).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
    expect(authorization(challenge('SHA-256'), request)).toContain(
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
    );
  });

  it('never sends its password to another host', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' });
      response.end();
    });
    const host = await serve((_request, response) => {
      response.writeHead(302, { location: `http://${other}/elsewhere` });
      response.end();
    });
    await expect(sample(`http://user:secret@${host}/`, 1)).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect(seen).toEqual([undefined]);
  });
});

describe('the cause of a lost HTTP camera is readable', () => {
  it.each([
    [401, 'unauthenticated', 'user name or password'],
    [403, 'forbidden', 'forbids'],
    [404, 'not-found', 'no stream at this path'],
    [503, 'too-many', 'no free connection'],
    [500, 'unavailable', 'answered 500'],
  ])('for status %i', async (status, kind, message) => {
    const host = await serve((_request, response) => {
      response.writeHead(status);
      response.end();
    });
    await expect(sample(`http://user:secret@${host}/`, 1)).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(message),
    });
  });

  it('for a web page, a redirect out of the web, and a closed port', async () => {
    const page = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>');
    });
    await expect(sample(`http://${page}/`, 1)).rejects.toMatchObject({
      message: expect.stringContaining('neither motion JPEG nor'),
    });
    for (const [location, kind] of [
      ['file:///etc/passwd', 'unsupported'],
      ['http://169.254.169.254/latest', 'invalid-input'],
      ['http:///', 'unsupported'],
    ]) {
      const host = await serve((_request, response) => {
        response.writeHead(302, { location });
        response.end();
      });
      await expect(sample(`http://${host}/`, 1)).rejects.toMatchObject({ kind });
    }
    await expect(sample('http://127.0.0.1:1/', 1)).rejects.toMatchObject({
      message: 'the camera refuses the connection',
    });
  });

  it('for an endless circle of redirects', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(302, { location: '/again' });
      response.end();
    });
    await expect(sample(`http://${host}/`, 1)).rejects.toMatchObject({
      message: expect.stringContaining('answered 302'),
    });
  });
});
