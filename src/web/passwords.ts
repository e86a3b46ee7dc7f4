import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { WatchwordError } from '../platform/errors.ts';

/** OWASP Password Storage Cheat Sheet, scrypt: N=2^15, r=8, p=3 (32 MiB), equal in cost to N=2^17, p=1 (128 MiB). */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export const SCRYPT_COST: ScryptCost = { N: 2 ** 15, r: 8, p: 3 };
/** Hashing runs on libuv's few threads, which files and pictures need too: no more than this at once... */
const MOST_AT_ONCE = 2;
/** ...and no more than this waiting, so that a flood of logins cannot fill the memory. */
const MOST_WAITING = 20;
export const LEAST_PASSWORD_LENGTH = 10;
const MOST_PASSWORD_LENGTH = 256;

let running = 0;
const waiting: Array<() => void> = [];

/** `scrypt$N$r$p$salt$hash`, base64url. */
export async function hashPassword(password: string, cost: ScryptCost = SCRYPT_COST): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, 32, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Takes as long for a wrong password as for a right one. A damaged hash matches nothing. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [scheme, N, r, p, salt, hash] = stored.split('$');
  if (scheme !== 'scrypt' || !salt || !hash) return false;
  const expected = Buffer.from(hash, 'base64url');
  const actual = await derive(password, Buffer.from(salt, 'base64url'), expected.length, {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  return timingSafeEqual(actual, expected);
}

/** True when the hash was made with less work than today's. */
export function isWeaker(stored: string, cost: ScryptCost = SCRYPT_COST): boolean {
  const [, N, r, p] = stored.split('$').map(Number);
  return (N ?? 0) * (r ?? 0) * (p ?? 0) < cost.N * cost.r * cost.p;
}

/** Throws `invalid-input` for a password that is too short or too long (NIST SP 800-63B: length, no composition rules). */
export function checkNewPassword(password: string): void {
  const length = [...password].length;
  if (length >= LEAST_PASSWORD_LENGTH && length <= MOST_PASSWORD_LENGTH) return;
  throw new WatchwordError(
    'invalid-input',
    `a password has ${LEAST_PASSWORD_LENGTH} to ${MOST_PASSWORD_LENGTH} characters`,
    {
      hint: 'Several words in a row are easy to remember',
    },
  );
}

async function derive(password: string, salt: Buffer, length: number, { N, r, p }: ScryptCost): Promise<Buffer> {
  // A tampered hash must not order gigabytes.
  if (!(N <= 2 ** 17 && r <= 16 && p <= 8))
    throw new WatchwordError('corrupt', 'stored password hash asks for too much work');
  const release = await turn();
  try {
    const options: ScryptOptions = { N, r, p, maxmem: 160 * N * r };
    return await new Promise<Buffer>((resolve, reject) => {
      scrypt(password.normalize('NFKC').slice(0, MOST_PASSWORD_LENGTH), salt, length, options, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  } finally {
    release();
  }
}

async function turn(): Promise<() => void> {
  if (running >= MOST_AT_ONCE) {
    if (waiting.length >= MOST_WAITING)
      throw new WatchwordError('too-many', 'too many logins at once', { hint: 'Try again in a few seconds' });
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running++;
  return () => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  };
}
