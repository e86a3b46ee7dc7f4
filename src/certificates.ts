import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Settings } from './config/settings.ts';
import type { Clock } from './platform/clock.ts';
import { toError, WatchwordError } from './platform/errors.ts';
import type { Logger } from './platform/logger.ts';
import { type Certificate, selfSigned } from './platform/self-signed.ts';

/** The certificates of a box, read or made when they are first asked for. */
export interface Certificates {
  /** The one it made for itself: kept in the data folder, the same after each start, so that devices can be told to trust it. */
  own(): Certificate;
  /** What the page is served with; undefined for plain HTTP. */
  web(): Certificate | undefined;
}

export function createCertificates(options: {
  readonly settings: { readonly data: string; readonly web: Pick<Settings['web'], 'tls'> };
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}): Certificates {
  const { settings, clock, logger } = options;
  const { tls } = settings.web;
  const folder = join(settings.data, 'tls');
  const own = (): Certificate => readOwn(folder) ?? make(folder, clock, logger);
  return {
    own,
    web() {
      if (tls === undefined) return undefined;
      if (tls === 'self-signed') return own();
      return { cert: readPem(tls.certFile, 'web.tls.certFile'), key: readPem(tls.keyFile, 'web.tls.keyFile') };
    },
  };
}

function readOwn(folder: string): Certificate | undefined {
  try {
    const [cert, key] = [readFileSync(certFile(folder), 'utf8'), readFileSync(keyFile(folder), 'utf8')];
    return new X509Certificate(cert).publicKey ? { cert, key } : undefined;
  } catch {
    // Missing at the first start; damaged, a new one is made.
    return undefined;
  }
}

function make(folder: string, clock: Pick<Clock, 'now'>, logger: Logger): Certificate {
  const made = selfSigned({ names: namesOfThisBox(), now: clock.now() });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The key first: a certificate without its key would be taken for whole.
  for (const [file, text] of [
    [keyFile(folder), made.key],
    [certFile(folder), made.cert],
  ] as const) {
    writeFileSync(`${file}.partial`, text, { mode: 0o600 });
    renameSync(`${file}.partial`, file);
  }
  const fingerprint = createHash('sha256').update(new X509Certificate(made.cert).raw).digest('hex').toUpperCase();
  logger.info('made a certificate for this box', {
    file: certFile(folder),
    sha256: fingerprint.match(/../g)?.join(':') ?? '',
  });
  return made;
}

const certFile = (folder: string): string => join(folder, 'certificate.pem');
const keyFile = (folder: string): string => join(folder, 'key.pem');

/** What people may type to reach it. */
function namesOfThisBox(): string[] {
  const name = hostname().toLowerCase();
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const local = name.includes('.') ? [] : [`${name}.local`];
  return [...new Set([name, ...local, 'localhost', '127.0.0.1', '::1', ...addresses])];
}

function readPem(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new WatchwordError('invalid-input', `the file of ${setting} cannot be read: ${toError(thrown).message}`, {
      where: file,
      hint: 'The user that runs Watchword must be able to read it',
      cause: thrown,
    });
  }
}
