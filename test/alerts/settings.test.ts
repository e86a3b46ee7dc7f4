import { describe, expect, test } from 'vitest';
import { mqttSettingsSchema, webhookSettingsSchema } from '../../src/alerts/settings.ts';
import { parseYaml } from '../../src/platform/findings.ts';

const check = (yaml: string): string[] =>
  parseYaml(yaml, 'watchword.yaml', mqttSettingsSchema).findings.map(({ line, message }) => `${line}: ${message}`);

describe('mqtt settings', () => {
  test('nothing at all is the embedded broker on loopback with discovery', () => {
    expect(mqttSettingsSchema.parse({})).toEqual({
      broker: {
        kind: 'embedded',
        host: '127.0.0.1',
        port: 1883,
        user: undefined,
        password: undefined,
        passwordFile: undefined,
        certFile: undefined,
        keyFile: undefined,
        selfSigned: false,
        maxConnections: 100,
      },
      baseTopic: undefined,
      homeAssistant: { discovery: true, prefix: 'homeassistant' },
    });
  });

  test('an external broker by URL, with the credentials taken out of it', () => {
    const { broker } = mqttSettingsSchema.parse({ url: 'mqtts://ops:p%40ss%3Aword@broker.example:8883' });
    expect(broker).toMatchObject({
      kind: 'external',
      url: 'mqtts://broker.example:8883',
      user: 'ops',
      password: 'p@ss:word',
      protocol: 'auto',
    });
    expect(mqttSettingsSchema.parse({ url: 'ws://broker:9001/mqtt' }).broker).toMatchObject({
      url: 'ws://broker:9001/mqtt',
    });
  });

  test.each([
    ['hots: 127.0.0.1', '1: unknown setting "hots"'],
    [
      'host: 0.0.0.0',
      '1: "host": the embedded broker listens on loopback only until it has a user and a password: set both to use 0.0.0.0',
    ],
    ['host: 192.168.1.5\nuser: ops', '2: "user": user and password (or passwordFile) belong together: give both'],
    ['user: ops\npassword: short', '2: "password": must have at least 8 characters'],
    ['port: 70000', '1: "port": must be 0 (any free port) to 65535'],
    ['port: "1883"', '1: "port": must be a number'],
    ['baseTopic: watchword/#', '1: "baseTopic": the base topic must not contain the wildcards + or #'],
    [
      'baseTopic: watchword//shop',
      '1: "baseTopic": the base topic must not begin or end with / or have an empty level (//)',
    ],
    [
      'homeAssistant:\n  prefix: /ha',
      '2: "homeAssistant.prefix": the discovery prefix must not begin or end with / or have an empty level (//)',
    ],
    ['homeAssistant:\n  discovry: true', '2: unknown setting "homeAssistant.discovry"'],
    [
      'url: http://broker',
      '1: "url": must be an address such as mqtt://broker:1883, mqtts://broker:8883, ws://broker:9001 or wss://broker/mqtt',
    ],
    [
      'url: mqtt://broker\nport: 1883',
      '2: "port": belongs to the embedded broker: put it into the url, or remove this line',
    ],
    ['url: mqtt://broker\ncaFile: ca.pem', '1: "url": certificates need mqtts:// or wss://'],
    ['url: mqtts://broker\ncertFile: c.pem', '2: "certFile": certFile and keyFile belong together: give both'],
    ['url: mqtt://broker\nprotocol: 5', '2: "protocol": must be "5", "3.1.1" or auto (quote the numbers)'],
    [
      'url: mqtt://a:b@broker\nuser: ops',
      '1: "url": the user and the password stand in the url and beside it: keep one of the two',
    ],
    ['password: long enough\npasswordFile: x\nuser: a', '2: "passwordFile": give password or passwordFile, not both'],
    ['protocol: auto', '1: "protocol": belongs to an external broker: add its url, or remove this line'],
  ])('%j is refused with a message that says what to do', (yaml, message) => {
    expect(check(yaml)).toContain(message);
  });

  test('a password in a broken address is not repeated in the message', () => {
    expect(check('url: "mqtt:/ops:hunter2secret@broker"').join()).not.toContain('hunter2secret');
    expect(check('url: "http://ops:hunter2secret@broker"').join()).not.toContain('hunter2secret');
  });
});

describe('webhook settings', () => {
  const findings = (value: unknown): string[] => {
    const parsed = webhookSettingsSchema.safeParse(value);
    return parsed.success ? [] : parsed.error.issues.map(({ message }) => message);
  };

  test('an address and a secret are enough', () => {
    expect(webhookSettingsSchema.parse({ url: 'https://example.org/hook', secret: '0123456789abcdef' })).toEqual({
      url: 'https://example.org/hook',
      secret: '0123456789abcdef',
      secretFile: undefined,
      timeoutMs: 10_000,
    });
  });

  test.each([
    [{ url: 'file:///etc/passwd', secret: '0123456789abcdef' }, 'must be an http:// or https:// address'],
    [{ url: 'https://example.org', secret: 'short' }, 'must have at least 16 characters'],
    [{ url: 'https://example.org' }, 'give secret or secretFile (one of the two): requests are signed with it'],
    [
      { url: 'https://example.org', secret: '0123456789abcdef', timeout: '1h' },
      'must be a duration from 100ms to 5m, such as 10s',
    ],
  ])('%j is refused', (value, message) => {
    expect(findings(value)).toContain(message);
  });
});
