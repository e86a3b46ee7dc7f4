import { readFile } from 'node:fs/promises';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { Endpoint } from './mqtt-channel.ts';
import type { EmbeddedBrokerSettings, ExternalBrokerSettings } from './settings.ts';

/** Reads a secret from its file: the first line, without its line break. */
export async function readSecret(file: string, setting: string): Promise<string> {
  const [line = ''] = (await readSettingFile(file, setting)).toString('utf8').split(/\r?\n/, 1);
  if (line === '')
    throw new WatchwordError('invalid-input', `${setting} is empty`, {
      where: file,
      hint: 'Its first line must be the secret',
    });
  return line;
}

/** The external broker's address and credentials, read anew for each connection. */
export async function externalEndpoint(settings: ExternalBrokerSettings): Promise<Endpoint> {
  const file = (path: string | undefined, setting: string): Promise<Buffer> | undefined =>
    path ? readSettingFile(path, setting) : undefined;
  const [ca, cert, key] = await Promise.all([
    file(settings.caFile, 'mqtt.caFile'),
    file(settings.certFile, 'mqtt.certFile'),
    file(settings.keyFile, 'mqtt.keyFile'),
  ]);
  return { target: settings.url, user: settings.user, password: await passwordOf(settings), ca, cert, key };
}

/** User and password that the embedded broker asks for; undefined when it asks for none. */
export async function embeddedCredentials(
  settings: EmbeddedBrokerSettings,
): Promise<{ user: string; password: string } | undefined> {
  const password = await passwordOf(settings);
  return settings.user !== undefined && password !== undefined ? { user: settings.user, password } : undefined;
}

export async function embeddedTls(
  settings: EmbeddedBrokerSettings,
): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (!settings.certFile || !settings.keyFile) return undefined;
  const [cert, key] = await Promise.all([
    readSettingFile(settings.certFile, 'mqtt.certFile'),
    readSettingFile(settings.keyFile, 'mqtt.keyFile'),
  ]);
  return { cert, key };
}

async function passwordOf(settings: EmbeddedBrokerSettings | ExternalBrokerSettings): Promise<string | undefined> {
  return settings.passwordFile ? await readSecret(settings.passwordFile, 'mqtt.passwordFile') : settings.password;
}

async function readSettingFile(file: string, setting: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (thrown) {
    const error = toError(thrown);
    const why = 'code' in error && error.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${error.message}`;
    throw new WatchwordError('invalid-input', `the file of ${setting} ${why}`, { where: file, cause: error });
  }
}
