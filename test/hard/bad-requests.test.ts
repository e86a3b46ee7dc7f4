import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRuleDesk } from '../../src/desks/rule-desk.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Sqlite } from '../../src/platform/sqlite.ts';
import { contextOf } from '../../src/rules/context.ts';
import { RuleFiles } from '../../src/rules/rule-files.ts';
import type { Store } from '../../src/store/store.ts';
import { SESSION_COOKIE } from '../../src/web/access.ts';
import { issueCsrfToken } from '../../src/web/csrf.ts';
import type { Role } from '../../src/web/deps.ts';
import { createWebApp, type WebApp } from '../../src/web/web-app.tsx';
import { commitOf, ended, eventOf, pictureOf, START, tempFolder, tempStore } from '../store/temp-store.ts';
import { fakeStore, NOW } from '../web/fixture.ts';
import { demoPicture } from '../web/pictures.ts';
import { HARD, Seeded, seedOf } from './seeded.ts';
import { MARKUP, mutated, strangeJson, strangeText } from './strange-words.ts';

const REQUESTS = HARD ? 50_000 : 10_000;
const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];
const LEVEL: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 };

/** What may change something, and the least role for it; whatever is not here may never change anything. */
const CHANGES: ReadonlyArray<readonly [pattern: RegExp, role: Role]> = [
  [/^(\/api\/v1)?\/events\/[^/]+\/(acknowledge|mark|note)$/, 'operator'],
  [/^\/rules(\/|$)/, 'operator'],
  [/^(\/api\/v1)?\/backtests(\/|$)/, 'operator'],
  [/^\/system\/(people|tokens|backups|log|restart)(\/|$)/, 'admin'],
  [/^\/cameras\/[^/]+\/zones$/, 'admin'],
  [/^\/(start|add-camera)(\/|$)/, 'admin'],
  [/^\/logout$/, 'viewer'],
];

/** Names of form fields, JSON keys and query parameters that routes look at. */
const FIELDS = [
  ...['words', 'cameras', 'camera', 'rule', 'version', 'number', 'enabled', 'picture', 'mark', 'note', 'place', 'name'],
  ...['password', 'role', 'next', 'current', 'language', 'theme', 'severity', 'state', 'acknowledged', 'from', 'to'],
  ...['text', 'cursor', 'limit', 'at', 'since', 'until', '_csrf', 'deleted', 'saved', 'changed', '__proto__'],
];

interface Person {
  readonly role: Role | null;
  /** Whether what this person sends counts as theirs. */
  readonly honest: boolean;
  readonly headers: Record<string, string>;
}

/** The web over a real database and real rule files. */
function openBox() {
  const { store, dataDir } = tempStore();
  const events = Array.from({ length: 24 }, (_, index) =>
    eventOf({ cameraId: `aisle-${index}`, startedAt: START + index * 60_000, words: `Shelf ${index} is empty` }),
  );
  for (const [index, event] of events.entries()) {
    const evidence = index < 3 ? [pictureOf(Buffer.from(demoPicture('shelf_runs_empty', 40)))] : [];
    store.events.commit(commitOf('new', event, { evidence }));
    if (index % 2 === 0) store.events.commit(commitOf('end', ended(event)));
  }
  const rulesFolder = tempFolder();
  const fake = fakeStore();
  fake.takePictures();
  const quiet = createLogger(() => undefined);
  const errors: string[] = [];
  const logger = createLogger((level, message, fields) => {
    if (level === 'error') errors.push(`${message} ${JSON.stringify(fields)}`);
  });
  const cameras = Object.fromEntries(fake.cameras.map(({ id, name }) => [id, { name, zones: {}, maxWidth: 1280 }]));
  const files = new RuleFiles(rulesFolder);
  const ruleDesk = createRuleDesk({
    files,
    versions: store.ruleVersions,
    context: () => contextOf({ site: { timeZone: 'Europe/Berlin' }, cameras, calendars: {} }),
    clock: fake.clock,
    logger: quiet,
  });
  const { users, sessions, tokens, log } = store;
  const history = store.verdicts;
  const web = createWebApp({ ...fake.deps(), logger, events: log, history, users, sessions, tokens, ruleDesk });
  onTestFinished(() => web.close());
  return {
    store,
    web,
    files,
    rulesFolder,
    errors,
    eventIds: events.map(({ id }) => id),
    database: join(dataDir, 'watchword.db'),
  };
}

type Box = ReturnType<typeof openBox>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Makes sure that the users, sessions and tokens of the test are there: requests may have removed them. */
function restorePeople(store: Store): void {
  for (const role of ROLES) {
    if (store.users.get(role)?.role !== role)
      store.users.put({ name: role, role, passwordHash: 'scrypt$16$8$1$AAAA$AAAA', createdAt: NOW });
    const session = { tokenHash: sha256(`session of ${role}`), userName: role, createdAt: NOW, expiresAt: NOW + 1e12 };
    if (!store.sessions.get(session.tokenHash)) store.sessions.put(session);
    if (!store.tokens.find(sha256(`token-of-${role}`)))
      store.tokens.add({ name: role, role, createdAt: NOW }, sha256(`token-of-${role}`));
  }
}

function somebody(random: Seeded): Person {
  const role = random.pick(ROLES);
  const token = `session of ${role}`;
  const cookie = `${SESSION_COOKIE}=${encodeURIComponent(token)}`;
  const csrf = issueCsrfToken(token);
  return random.pick<Person>([
    { role: null, honest: false, headers: {} },
    { role: null, honest: false, headers: { Cookie: `${SESSION_COOKIE}=${latin(strangeText(random))}` } },
    { role: null, honest: false, headers: { Authorization: `Bearer ${latin(strangeText(random)).trim() || 'x'}` } },
    { role, honest: true, headers: { Cookie: cookie, 'X-CSRF-Token': csrf } },
    { role, honest: true, headers: { Cookie: cookie, 'X-CSRF-Token': csrf } },
    { role, honest: true, headers: { Authorization: `Bearer token-of-${role}` } },
    { role, honest: true, headers: { Authorization: `Bearer token-of-${role}` } },
    { role, honest: false, headers: { Cookie: cookie } },
    {
      role,
      honest: false,
      headers: { Cookie: cookie, 'X-CSRF-Token': `${mutated(csrf, random).replace(/[^\x21-\x7e]/g, '')}!` },
    },
    { role, honest: false, headers: { Cookie: cookie, 'X-CSRF-Token': csrf, Origin: 'http://evil.test' } },
    { role, honest: false, headers: { Cookie: cookie, 'X-CSRF-Token': csrf, 'Sec-Fetch-Site': 'cross-site' } },
  ]);
}

/** What a header may hold. */
const latin = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 2_000);

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly init: RequestInit;
}

function strangeRequest(random: Seeded, routes: ReadonlyArray<{ method: string; path: string }>, box: Box): Sent {
  const route = random.pick(routes);
  const method = random.chance(0.93)
    ? route.method
    : random.pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']);
  const value = (): string => (random.chance(0.7) ? idFor(route.path, random, box) : strangeText(random));
  let path = random.chance(0.95)
    ? route.path.replace(/:\w+/g, () => encodeURIComponent(value()).slice(0, 3_000))
    : `/${strangeText(random)}`.slice(0, 3_000);
  if (random.chance(0.05)) path = mutated(path, random);
  if (random.chance(0.5)) {
    const query = new URLSearchParams();
    for (let field = 0; field < random.below(4); field++) query.append(random.pick(FIELDS), fieldValue(random, box));
    path += `?${query}`;
  }
  const headers: Record<string, string> = {};
  if (random.chance(0.3)) headers['HX-Request'] = 'true';
  if (random.chance(0.1)) headers.Accept = latin(strangeText(random));
  if (random.chance(0.1)) headers['Accept-Language'] = latin(strangeText(random));
  if (random.chance(0.1)) headers['Accept-Encoding'] = 'gzip';
  if (random.chance(0.03)) headers.Upgrade = 'websocket';
  if (random.chance(0.05)) headers.Range = 'bytes=5-1';
  if (method === 'GET' || method === 'HEAD') return { method, path, init: { method, headers } };
  const { type, body } = strangeBody(random, box, route.path, path);
  if (type !== undefined) headers['Content-Type'] = type;
  return { method, path, init: { method, headers, body } };
}

/** An id that is there, of the kind the route is about. */
function idFor(route: string, random: Seeded, box: Box): string {
  if (route.includes('/events/')) return random.pick(box.eventIds);
  if (route.startsWith('/rules/')) return random.pick(ruleIds(box));
  if (route.includes('/cameras/')) return random.pick(['aisle-3', 'entrance', 'loading-dock']);
  return random.pick(ROLES);
}

type Fields = Array<[name: string, value: string]>;

/** What the forms of some routes hold when a page sends them, so that requests get past the first checks. */
const FORMS: ReadonlyArray<readonly [route: RegExp, fill: (random: Seeded, box: Box, path: string) => Fields]> = [
  [/\/note$/, (random) => [['note', strangeText(random)]]],
  [/\/mark$/, (random) => [['mark', random.pick(['right', 'wrong', 'none'])]]],
  [
    /^\/rules$|understand$|save$|try$/,
    (random, box) => [
      ['words', fieldValue(random, box)],
      ['cameras', fieldValue(random, box)],
    ],
  ],
  [
    /save$|delete$|restore$/,
    (random, box, path) => [
      ['version', versionOf(box, path)],
      ['number', `${random.below(4)}`],
    ],
  ],
  [/enabled$/, (random) => [['enabled', random.pick(['yes', 'no'])]]],
  [
    /people$/,
    (random, box) => [
      ['name', fieldValue(random, box)],
      ['password', 'a long password'],
      ['role', random.pick(ROLES)],
    ],
  ],
];

/** What the page that shows the rule would have sent; empty when there is no such rule. */
function versionOf({ rulesFolder }: Box, path: string): string {
  const file = join(rulesFolder, `${basename(dirname(path))}.yaml`);
  return existsSync(file) ? sha256(readFileSync(file, 'utf8')).slice(0, 16) : '';
}

function ruleIds({ rulesFolder }: Box): string[] {
  return readdirSync(rulesFolder).map((name) => name.replace(/\.yaml$/, ''));
}

/** At times what the field is really for, so that requests get past the first check. */
function fieldValue(random: Seeded, box: Box): string {
  const plausible = [
    ...['Alert me when a shelf is empty for 5 minutes', 'Critical: a robot has fallen over', 'a door is open at night'],
    ...['right', 'wrong', 'none', 'yes', 'no', 'card', 'row', 'open', 'ended', 'critical', '1', '50', '2026-03-02'],
    ...['en', 'dark', 'operator', 'a long password', random.pick(box.eventIds), 'aisle-3', 'aisle-*'],
  ];
  return random.chance(0.5) ? random.pick(plausible) : strangeText(random);
}

function strangeBody(
  random: Seeded,
  box: Box,
  route: string,
  path: string,
): { type: string | undefined; body: string } {
  const fields = Array.from(
    { length: random.below(4) },
    () => [random.pick(FIELDS), fieldValue(random, box)] as [string, string],
  );
  for (const [pattern, fill] of FORMS)
    if (random.chance(0.6) && pattern.test(route)) fields.push(...fill(random, box, path));
  if (random.chance(0.2)) fields.splice(random.below(fields.length + 1), 1);
  const form = new URLSearchParams(fields).toString();
  const json = JSON.stringify(random.chance(0.8) ? Object.fromEntries(fields) : strangeJson(random));
  const parts = fields.map(
    ([name, value]) =>
      `--cut\r\nContent-Disposition: form-data; name="${latin(name)}"${random.chance(0.2) ? '; filename="a.jpg"' : ''}\r\n\r\n${value}\r\n`,
  );
  const multipart = `${parts.join('')}--cut--\r\n`;
  const [type, body] = random.pick<readonly [string | undefined, string]>([
    ...Array.from({ length: 6 }, () => ['application/x-www-form-urlencoded', form] as const),
    ...Array.from({ length: 4 }, () => ['application/json', json] as const),
    ['multipart/form-data; boundary=cut', multipart],
    ['multipart/form-data; boundary=other', multipart],
    ['multipart/form-data', multipart],
    ['application/json; charset=utf-16', json],
    [undefined, form],
    [latin(strangeText(random)).trim() || 'a/b', form],
  ]);
  return { type, body: random.chance(0.1) ? mutated(body, random) : body };
}

/** Changes with whatever can be changed: the database and the rule files. */
function stateOf(watcher: Database, rulesFolder: string): string {
  const files = readdirSync(rulesFolder).map((name) => {
    const { ino, mtimeMs, size } = statSync(join(rulesFolder, name));
    return `${name} ${ino} ${mtimeMs} ${size}`;
  });
  return `${watcher.pragma('data_version', { simple: true })} ${files.sort().join(' ')}`;
}

function mayChange({ role, honest }: Person, method: string, path: string): boolean {
  if (role === null || !honest || ['GET', 'HEAD', 'OPTIONS'].includes(method)) return false;
  const pathname = new URL(path, 'http://box.test').pathname;
  const [, least] = CHANGES.find(([pattern]) => pattern.test(pathname)) ?? [];
  return least !== undefined && LEVEL[role] >= LEVEL[least];
}

async function textOf(answer: Response): Promise<string> {
  if (answer.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    await answer.body?.cancel();
    return '';
  }
  return await answer.text();
}

const routesOf = ({ app }: WebApp) =>
  [...new Set(app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`))].map(
    (route) => ({ method: route.split(' ')[0] ?? '', path: route.split(' ')[1] ?? '' }),
  );

describe('requests that nobody should send', () => {
  test(`${REQUESTS} of them: no failure, no change without permission, nothing unescaped`, {
    timeout: HARD ? 600_000 : 120_000,
  }, async () => {
    const random = new Seeded(seedOf(11));
    const box = openBox();
    const { web, store, files, rulesFolder, errors } = box;
    const watcher = new Sqlite(box.database, { readonly: true });
    onTestFinished(() => void watcher.close());
    const routes = routesOf(web);
    expect(routes.length).toBeGreaterThan(40);
    const answers = new Map<number, number>();
    /** What went wrong, each with the first request that showed it. */
    const problems = new Map<string, string>();
    let changes = 0;
    for (let turn = 0; turn < REQUESTS; turn++) {
      restorePeople(store);
      if (ruleIds(box).length < 3) await files.create('spill', 'rule: Alert me about a spill\n# by hand\n');
      for (const id of ruleIds(box).slice(12)) await files.remove(id, (await files.read(id)).version);
      const person = somebody(random);
      const { method, path, init } = strangeRequest(random, routes, box);
      const before = stateOf(watcher, rulesFolder);
      const what = `seed ${random.seed}, request ${turn}: ${method} ${path} by ${person.honest ? '' : 'not really '}${person.role}`;
      const answer = await web.app.request(path, { ...init, headers: { ...person.headers, ...init.headers } });
      const text = await textOf(answer);
      const seen = `${what} ${JSON.stringify(init.headers)} ${String(init.body ?? '').slice(0, 300)}`;
      const blame = (problem: string): void => void problems.set(problem, problems.get(problem) ?? seen);
      if (answer.status >= 500 && answer.status !== 503)
        blame(`${answer.status}: ${errors.at(-1)?.replace(/.*"error":/, '')}`);
      if (/text\/html/.test(answer.headers.get('Content-Type') ?? '') && text.includes(MARKUP))
        blame('unescaped words');
      if (/SQLITE_|node_modules|\.tsx?:\d+/.test(text)) blame(`an inner error's words: ${text.slice(0, 200)}`);
      if (stateOf(watcher, rulesFolder) !== before) {
        changes++;
        if (!mayChange(person, method, path)) blame('a change without permission');
      }
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
    }
    expect([...problems]).toEqual([]);
    // A rule file is always one that its folder reads, wherever its words came from.
    for (const id of ruleIds(box)) expect(readFileSync(join(rulesFolder, `${id}.yaml`), 'utf8')).toContain('rule:');
    expect(changes).toBeGreaterThan(REQUESTS / 200);
    for (const status of [200, 303, 400, 401, 403, 404])
      expect(answers.get(status) ?? 0, `${status}`).toBeGreaterThan(0);
    const counted = [...answers].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    process.stdout.write(
      `bad requests: seed ${random.seed}; ${REQUESTS} sent, answers ${counted.join(', ')}; ${changes} changes\n`,
    );
  });
});
