import { createHash, randomBytes as systemRandom } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { ApiTokens, AuditTrail, Role, Session, SessionStore, User, UserStore } from './deps.ts';
import { LoginLimit } from './login-limit.ts';
import { checkNewPassword, hashPassword, isWeaker, type ScryptCost, verifyPassword } from './passwords.ts';

/** Who asks. `session` is present for people in a browser, absent for machines with a token. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
  readonly session?: { readonly token: string; readonly tokenHash: string; readonly expiresAt: number };
}

export interface AuthOptions {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens?: ApiTokens | undefined;
  /** Keeps who logged in and who was refused; absent where that is not kept. */
  readonly audit?: Pick<AuditTrail, 'add' | 'refused'> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sessionMs: number;
  readonly passwordCost: ScryptCost;
}

export const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];
export const USER_NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/;
const MOST_TOKEN_LENGTH = 256;

/** Logins, sessions and accounts. Tokens are random; only their hashes are stored. */
export class Auth {
  readonly #options: AuthOptions;
  readonly #limit: LoginLimit;
  readonly #endListeners = new Set<(tokenHash: string) => void>();
  /** Checked when the name is unknown, so that the answer takes as long as for a known one. */
  #decoyHash: Promise<string> | undefined;

  constructor(options: AuthOptions) {
    this.#options = options;
    this.#limit = new LoginLimit(options.clock);
  }

  /** Opens a session. Throws `unauthenticated` (never saying which part was wrong) or `too-many`. */
  async login(name: string, password: string, address: string): Promise<{ token: string; expiresAt: number }> {
    const { users, sessions, clock, logger, sessionMs, passwordCost } = this.#options;
    const userName = normalName(name);
    const waitMs = this.#limit.waitMs(address, userName);
    if (waitMs > 0) throw tooMany(waitMs);
    this.#limit.tried(address, userName);
    const user = users.get(userName);
    const matches = await verifyPassword(password, user?.passwordHash ?? (await this.#decoy()));
    if (!user || !matches) {
      logger.warn('login refused', { user: userName.slice(0, 32), address });
      this.#note((audit) => audit.refused(userName.slice(0, 32), address));
      throw new WatchwordError('unauthenticated', 'wrong name or password', { hint: 'Check both and try again' });
    }
    this.#limit.succeeded(address, userName);
    if (isWeaker(user.passwordHash, passwordCost)) {
      users.put({ ...user, passwordHash: await hashPassword(password, passwordCost) });
    }
    const now = clock.now();
    sessions.removeExpired(now);
    const token = systemRandom(32).toString('base64url');
    sessions.put({ tokenHash: sha256(token), userName, createdAt: now, expiresAt: now + sessionMs });
    logger.info('logged in', { user: userName, address });
    this.#note((audit) => audit.add({ who: userName, act: 'logged-in', about: userName, detail: address }));
    return { token, expiresAt: now + sessionMs };
  }

  /** Who holds this session cookie; undefined when it is unknown, expired, or its user is gone. */
  identifySession(token: string): Identity | undefined {
    if (token.length > MOST_TOKEN_LENGTH) return undefined;
    const tokenHash = sha256(token);
    const session = this.#validSession(tokenHash);
    const user = session && this.#options.users.get(session.userName);
    if (!session || !user) return undefined;
    return { name: user.name, role: user.role, session: { token, tokenHash, expiresAt: session.expiresAt } };
  }

  /** Who holds this API token. */
  identifyToken(token: string): Identity | undefined {
    if (token.length > MOST_TOKEN_LENGTH) return undefined;
    return this.#options.tokens?.find(sha256(token));
  }

  isAlive(tokenHash: string): boolean {
    return this.#validSession(tokenHash) !== undefined;
  }

  logout(tokenHash: string): void {
    this.#options.sessions.remove(tokenHash);
    this.#ended([tokenHash]);
  }

  /** Calls `listener` with the token hash of each session that is ended on purpose; returns the function that stops it. */
  onSessionEnd(listener: (tokenHash: string) => void): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** Changes one's own password; every session of that user ends. */
  async changePassword(name: string, current: string, next: string, address: string): Promise<void> {
    const waitMs = this.#limit.waitMs(address, name);
    if (waitMs > 0) throw tooMany(waitMs);
    checkNewPassword(next);
    const user = this.#mustGet(name);
    this.#limit.tried(address, name);
    if (!(await verifyPassword(current, user.passwordHash))) {
      this.#note((audit) => audit.refused(name, address));
      throw new WatchwordError('invalid-input', 'the current password is not right', {
        hint: 'Type the password you logged in with',
      });
    }
    this.#limit.succeeded(address, name);
    await this.replacePassword(name, next);
  }

  /** Another password without asking for the one in use; every session of that user ends. */
  async replacePassword(name: string, next: string): Promise<void> {
    checkNewPassword(next);
    const user = this.#mustGet(name);
    this.#options.users.put({ ...user, passwordHash: await hashPassword(next, this.#options.passwordCost) }, name);
    this.endSessions(name);
  }

  /** `by`: who does it. */
  async addUser(name: string, password: string, role: Role, by: string): Promise<User> {
    const userName = normalName(name);
    if (!USER_NAME.test(userName)) {
      throw new WatchwordError('invalid-input', `"${userName.slice(0, 40)}" is not a user name`, {
        hint: 'Use up to 32 letters a-z, digits, dots, dashes and underscores',
      });
    }
    checkNewPassword(password);
    const { users, clock, passwordCost } = this.#options;
    if (users.get(userName))
      throw new WatchwordError('conflict', `user "${userName}" exists`, { hint: 'Choose another name' });
    const user = {
      name: userName,
      role,
      passwordHash: await hashPassword(password, passwordCost),
      createdAt: clock.now(),
    };
    // Hashing took a while: somebody may have been quicker.
    if (users.get(userName))
      throw new WatchwordError('conflict', `user "${userName}" exists`, { hint: 'Choose another name' });
    users.put(user, by);
    return user;
  }

  /** Another role, in force with the next request; the last admin stays one. */
  changeRole(name: string, role: Role, by: string): void {
    const user = this.#mustGet(name);
    if (user.role === 'admin' && role !== 'admin') this.#mustNotBeLast();
    this.#options.users.put({ ...user, role }, by);
  }

  /** Removes a user and ends their sessions; the last admin stays. `by`: who does it. */
  removeUser(name: string, by: string): void {
    const user = this.#mustGet(name);
    if (user.role === 'admin') this.#mustNotBeLast();
    this.endSessions(name);
    this.#options.users.remove(name, by);
  }

  endSessions(name: string): void {
    this.#ended(this.#options.sessions.removeOfUser(name));
  }

  /** A disk that is full keeps nobody out. */
  #note(note: (audit: Pick<AuditTrail, 'add' | 'refused'>) => void): void {
    try {
      if (this.#options.audit) note(this.#options.audit);
    } catch (error) {
      this.#options.logger.warn('a login is not in the audit log', { error: toError(error) });
    }
  }

  #mustNotBeLast(): void {
    const admins = this.#options.users.list().filter(({ role }) => role === 'admin');
    if (admins.length > 1) return;
    throw new WatchwordError('conflict', 'the last admin cannot be removed', { hint: 'Make another admin first' });
  }

  #mustGet(name: string): User {
    const user = this.#options.users.get(name);
    if (!user) throw new WatchwordError('not-found', `there is no user "${name.slice(0, 40)}"`);
    return user;
  }

  #validSession(tokenHash: string): Session | undefined {
    const session = this.#options.sessions.get(tokenHash);
    return session && session.expiresAt > this.#options.clock.now() ? session : undefined;
  }

  #ended(tokenHashes: readonly string[]): void {
    for (const tokenHash of tokenHashes) for (const listener of [...this.#endListeners]) listener(tokenHash);
  }

  #decoy(): Promise<string> {
    this.#decoyHash ??= hashPassword('nobody has this password', this.#options.passwordCost);
    return this.#decoyHash;
  }
}

/**
 * On the first start there is nobody: makes the user `admin` with a generated password, to be printed once.
 * `random(n)` returns n unpredictable bytes.
 */
export async function ensureAdmin(
  users: UserStore,
  clock: Pick<Clock, 'now'>,
  random: (bytes: number) => Uint8Array = systemRandom,
): Promise<{ created: boolean; password?: string }> {
  if (users.list().length > 0) return { created: false };
  const password = readablePassword(random);
  users.put({ name: 'admin', role: 'admin', passwordHash: await hashPassword(password), createdAt: clock.now() });
  return { created: true, password };
}

/** Four groups of four without look-alikes (no 0 o 1 l i): 16 of 31 signs, 79 bits. */
export function readablePassword(random: (bytes: number) => Uint8Array = systemRandom): string {
  const signs = 'abcdefghjkmnpqrstuvwxyz23456789';
  let text = '';
  while (text.length < 16) {
    // Bytes past the last whole multiple are thrown away, or some signs would come more often.
    for (const byte of random(32)) if (byte < 248 && text.length < 16) text += signs[byte % signs.length];
  }
  return text.replace(/(.{4})(?=.)/g, '$1-');
}

/** People on phones type `Admin ` for `admin`. */
function normalName(name: string): string {
  return name.trim().toLowerCase();
}

function tooMany(waitMs: number): WatchwordError {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
  return new WatchwordError('too-many', 'too many failed logins', { hint: `Try again in ${minutes} min` });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
