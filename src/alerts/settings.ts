import { z } from 'zod';
import { parseDuration } from '../platform/duration.ts';
import { baseTopicProblem } from './topics.ts';

/** The broker inside Watchword, so that a fresh box needs nothing else. */
export interface EmbeddedBrokerSettings {
  readonly kind: 'embedded';
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly passwordFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** TLS with a certificate that the box makes for itself. */
  readonly selfSigned: boolean;
  readonly maxConnections: number;
}

/** Somebody else's broker. Files are read at each connection, so that a renewed certificate needs no restart. */
export interface ExternalBrokerSettings {
  readonly kind: 'external';
  /** Without user and password. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly passwordFile: string | undefined;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly protocol: '5' | '3.1.1' | 'auto';
}

export interface HomeAssistantSettings {
  readonly discovery: boolean;
  readonly prefix: string;
}

export interface MqttSettings {
  readonly broker: EmbeddedBrokerSettings | ExternalBrokerSettings;
  /** undefined: `watchword/<site>`. */
  readonly baseTopic: string | undefined;
  readonly homeAssistant: HomeAssistantSettings;
}

const URL_SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

const text = (what: string) => z.string(`${what} must be a text`).min(1, `${what} must not be empty`);

const topic = (what: string) =>
  text(what).check((context) => {
    const problem = baseTopicProblem(context.value);
    if (problem) context.issues.push({ code: 'custom', message: `${what} ${problem}`, input: context.value });
  });

const homeAssistantSchema = z.strictObject({
  /** Publish Home Assistant's device discovery. */
  discovery: z.boolean('must be true or false').default(true),
  prefix: topic('the discovery prefix').default('homeassistant'),
});

const rawSchema = z.strictObject({
  // External broker
  url: text('the broker URL').optional(),
  protocol: z.enum(['5', '3.1.1', 'auto'], 'must be "5", "3.1.1" or auto (quote the numbers)').optional(),
  caFile: text('the CA file').optional(),
  // Embedded broker
  host: text('the host').optional(),
  port: z
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be 0 (any free port) to 65535')
    .max(65535, 'must be 0 (any free port) to 65535')
    .optional(),
  maxConnections: z.number('must be a number').int('must be a whole number').min(1).max(10_000).optional(),
  // Both
  user: text('the user').optional(),
  password: z.union([z.string(), z.number().transform(String)], 'must be a text (quote it)').optional(),
  passwordFile: text('the password file').optional(),
  certFile: text('the certificate file').optional(),
  keyFile: text('the key file').optional(),
  tls: z
    .literal('self-signed', 'must be self-signed; give certFile and keyFile for a certificate of your own')
    .optional(),
  baseTopic: topic('the base topic').optional(),
  homeAssistant: homeAssistantSchema.prefault({}),
});

type RawMqtt = z.output<typeof rawSchema>;
type Complain = (key: keyof RawMqtt, message: string) => void;

/** The `mqtt:` section. Strict; every message says what to do. Nothing at all means the embedded broker on loopback. */
export const mqttSettingsSchema: z.ZodType<MqttSettings, unknown> = rawSchema.transform(
  (raw, context): MqttSettings => {
    const complain: Complain = (key, message) =>
      context.issues.push({ code: 'custom', message, path: [key], input: raw[key] });
    if (raw.password !== undefined && raw.passwordFile)
      complain('passwordFile', 'give password or passwordFile, not both');
    if (Boolean(raw.certFile) !== Boolean(raw.keyFile)) {
      complain(raw.certFile ? 'certFile' : 'keyFile', 'certFile and keyFile belong together: give both');
    }
    const broker = raw.url === undefined ? embedded(raw, complain) : external(raw, raw.url, complain);
    return { broker, baseTopic: raw.baseTopic, homeAssistant: raw.homeAssistant };
  },
);

function embedded(raw: RawMqtt, complain: Complain): EmbeddedBrokerSettings {
  for (const key of ['protocol', 'caFile'] as const) {
    if (raw[key] !== undefined) complain(key, 'belongs to an external broker: add its url, or remove this line');
  }
  const host = raw.host ?? '127.0.0.1';
  const hasPassword = raw.password !== undefined || raw.passwordFile !== undefined;
  if (Boolean(raw.user) !== hasPassword)
    complain('user', 'user and password (or passwordFile) belong together: give both');
  if (!isLoopback(host) && !(raw.user && hasPassword)) {
    complain(
      'host',
      `the embedded broker listens on loopback only until it has a user and a password: set both to use ${host}`,
    );
  }
  if (hasPassword && raw.password !== undefined && raw.password.length < 8) {
    complain('password', 'must have at least 8 characters');
  }
  if (raw.tls && raw.certFile) complain('tls', 'give certFile and keyFile, or tls: self-signed, not both');
  const { user, password, passwordFile, certFile, keyFile, port = 1883, maxConnections = 100 } = raw;
  const selfSigned = raw.tls !== undefined;
  return { kind: 'embedded', host, port, user, password, passwordFile, certFile, keyFile, selfSigned, maxConnections };
}

function external(raw: RawMqtt, address: string, complain: Complain): ExternalBrokerSettings {
  for (const key of ['host', 'port', 'maxConnections', 'tls'] as const) {
    if (raw[key] !== undefined)
      complain(key, 'belongs to the embedded broker: put it into the url, or remove this line');
  }
  const { passwordFile, caFile, certFile, keyFile, protocol = 'auto' } = raw;
  const rest = { kind: 'external', passwordFile, caFile, certFile, keyFile, protocol } as const;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // The text itself is left out of these messages: it may hold a password.
  if (!url || !URL_SCHEMES.includes(url.protocol) || url.hostname === '') {
    complain(
      'url',
      'must be an address such as mqtt://broker:1883, mqtts://broker:8883, ws://broker:9001 or wss://broker/mqtt',
    );
    return { ...rest, url: '', user: raw.user, password: raw.password };
  }
  const secure = url.protocol === 'mqtts:' || url.protocol === 'wss:';
  if (!secure && (caFile || certFile)) complain('url', 'certificates need mqtts:// or wss://');
  if ((url.username && raw.user) || (url.password && (raw.password !== undefined || passwordFile))) {
    complain('url', 'the user and the password stand in the url and beside it: keep one of the two');
  }
  const user = raw.user ?? decoded(url.username);
  const password = raw.password ?? decoded(url.password);
  if (password !== undefined && !user) complain('user', 'a password needs a user');
  url.username = '';
  url.password = '';
  return { ...rest, url: url.href.replace(/\/$/, ''), user, password };
}

/** A part of a URL without its percent signs; as it stands when they are no valid encoding. */
function decoded(part: string): string | undefined {
  if (part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export interface WebhookSettings {
  readonly url: string;
  readonly secret: string | undefined;
  readonly secretFile: string | undefined;
  readonly timeoutMs: number;
}

const durationSchema = z.string('must be a duration such as 10s').transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== undefined && ms >= 100 && ms <= 300_000) return ms;
  context.issues.push({ code: 'custom', message: 'must be a duration from 100ms to 5m, such as 10s', input: value });
  return z.NEVER;
});

/** The `webhook:` section: a second channel, one signed POST per change. */
export const webhookSettingsSchema: z.ZodType<WebhookSettings, unknown> = z
  .strictObject({
    url: text('the webhook URL').refine((value) => /^https?:\/\/[^/]/i.test(value) && URL.canParse(value), {
      message: 'must be an http:// or https:// address',
    }),
    secret: z.string('must be a text (quote it)').min(16, 'must have at least 16 characters').optional(),
    secretFile: text('the secret file').optional(),
    timeout: durationSchema.default(10_000),
  })
  .transform(({ url, secret, secretFile, timeout }, context): WebhookSettings => {
    if ((secret === undefined) === (secretFile === undefined)) {
      context.issues.push({
        code: 'custom',
        message: 'give secret or secretFile (one of the two): requests are signed with it',
        path: ['secret'],
        input: undefined,
      });
    }
    return { url, secret, secretFile, timeoutMs: timeout };
  });
