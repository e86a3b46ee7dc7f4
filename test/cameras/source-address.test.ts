import { describe, expect, it } from 'vitest';
import { parseSourceAddress } from '../../src/cameras/source-address.ts';
import { WatchwordError } from '../../src/platform/errors.ts';

function refusal(text: string): WatchwordError {
  try {
    parseSourceAddress(text);
  } catch (error) {
    if (error instanceof WatchwordError) return error;
    throw error;
  }
  throw new Error(`${text} was not refused`);
}

describe('a source address', () => {
  it.each([
    ['-i', 'must begin with'],
    ['-i file:///etc/passwd', 'must begin with'],
    ['/etc/passwd', 'must begin with'],
    ['concat:a.mp4|b.mp4', 'not a kind of source'],
    ['pipe:0', 'not a kind of source'],
    ['data:text/plain,x', 'not a kind of source'],
    ['subfile,,start,0,end,9,,:x.mp4', 'must begin with'],
    ['rtps://camera/1', 'did you mean "rtsps:"'],
    ['rtsp://camera/1\n-f', 'control character'],
    ['rtsp://camera/\u0000', 'control character'],
    ['rtsp://camera/my stream', 'space'],
    ['rtsp:camera/1', 'names no host'],
    ['rtsp:///1', 'no host'],
    ['http://', 'not a valid URL'],
    ['file:///etc/passwd', 'must be a clip'],
    ['file:notes.txt', 'must be a clip'],
    ['file://server/clip.mp4', 'file: and a path'],
    ['demo:../../etc/passwd', 'name of a demo clip'],
    ['demo:', 'name of a demo clip'],
    ['http://169.254.169.254/latest/meta-data', 'metadata'],
    ['http://[fd00:ec2::254]/latest', 'metadata'],
    ['http://metadata.google.internal/x.jpg', 'metadata'],
    ['http://0xa9fea9fe/', 'metadata'],
    ['rtsp://169.254.169.254/x', 'metadata'],
    ['rtsp://0xa9fea9fe/x', 'metadata'],
    ['rtsp://2852039166:80/x', 'metadata'],
    ['rtsp://0251.0376.0251.0376/x', 'metadata'],
    ['rtsp://u:p@[::ffff:169.254.169.254]:554/x', 'metadata'],
    ['http://[::ffff:a9fe:a9fe]/x.jpg', 'metadata'],
    ['http://METADATA.google.internal./x.jpg', 'metadata'],
    ['rtsps://168.63.129.16/x', 'metadata'],
    ['file:concat:a.mp4|b.txt', 'must be a clip'],
    ['file:clip.mp4\r\n-f', 'control character'],
    ['rtsp://camera/1\u0085', 'control character'],
    ['tee:rtsp://camera/1', 'not a kind of source'],
    ['-protocol_whitelist', 'must begin with'],
  ])('is refused when it is %s', (text, reason) => {
    const error = refusal(text);
    expect(error.kind).toBe('invalid-input');
    expect(error.message).toContain(reason);
  });

  it('keeps path and query as they are written', () => {
    const { target } = parseSourceAddress('rtsp://10.0.0.2:8554/cam/realmonitor?channel=1&subtype=0');
    expect(target).toBe('rtsp://10.0.0.2:8554/cam/realmonitor?channel=1&subtype=0');
    expect(parseSourceAddress('rtsp://[fe80::1]/a/../b//c').target).toBe('rtsp://[fe80::1]/a/../b//c');
  });

  it('takes passwords with special characters, escaped or not', () => {
    expect(parseSourceAddress('rtsp://us:p@s:w%2Frd@cam/1').target).toBe('rtsp://us:p%40s%3Aw%2Frd@cam/1');
    expect(parseSourceAddress('rtsp://us:50%@cam/1').target).toBe('rtsp://us:50%25@cam/1');
    expect(parseSourceAddress('rtsp://cam/1', { user: 'a@b', password: '/?#:ä' }).target).toBe(
      'rtsp://a%40b:%2F%3F%23%3A%C3%A4@cam/1',
    );
  });

  it('gives a child process one argument that is no option, whatever user and password hold', () => {
    for (const secret of ['-i', ' -f lavfi', 'a"b\'c`d$(e)', 'ü€😀', '100%', 'a\\b|c', '%2e%2e%2f', '@', ':', '?#/']) {
      const { target, masked } = parseSourceAddress('rtsp://cam:554/1', { user: secret, password: secret });
      expect(target).toMatch(/^rtsp:\/\/[\w.~%-]+:[\w.~%-]+@cam:554\/1$/);
      const { username, password } = new URL(target);
      expect([decodeURIComponent(username), decodeURIComponent(password)]).toEqual([secret, secret]);
      expect(masked).toBe('rtsp://***@cam:554/1');
    }
  });

  it('shows no password in what is meant for people', () => {
    expect(parseSourceAddress('rtsp://us:secret@cam/1?token=abc').masked).toBe('rtsp://***@cam/1?token=***');
    for (const text of ['rtsp://us:secret@cam/a b', "rtsp://us:it's secret@cam/1", "rtsp://us:it'ssecret@cam:x/1"]) {
      const error = refusal(text);
      expect(`${error.message} ${error.where} ${error.hint}`).not.toContain('secret');
    }
  });

  it('says how to write a slash in a password', () => {
    expect(refusal('rtsp://us:pa/ss@cam:x/1').message).toContain('%2F');
  });

  it('finds the path of a clip', () => {
    expect(parseSourceAddress('file:clips/aisle.mp4').target).toBe('clips/aisle.mp4');
    expect(parseSourceAddress('file:///srv/my%20clip.mkv').target).toBe('/srv/my clip.mkv');
    expect(parseSourceAddress('demo:robot_falls').target).toBe('robot_falls');
  });
});
