import type { Role } from '../../src/web/deps.ts';
import { createWebApp, type WebApp } from '../../src/web/web-app.tsx';
import { type FakeStore, fakeStore, PASSWORDS } from './fixture.ts';

/** One person (or nobody) who asks the app without a server in between. */
export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Sends a form with the CSRF token of a page of theirs. */
  post(path: string, form?: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  /** Asks to delete what is there, with the CSRF token. */
  remove(path: string): Promise<Response>;
  /** Sends JSON with the CSRF token. */
  send(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  cookie: string;
  csrf: string;
}

export interface Visit {
  readonly store: FakeStore;
  readonly web: WebApp;
  visitor(role?: Role): Promise<Visitor>;
}

export async function openWeb(store = fakeStore()): Promise<Visit> {
  if (store.users.size === 0) await store.addUsers();
  const web = createWebApp(store.deps());
  return { store, web, visitor: (role) => visitorOf(web, role) };
}

async function visitorOf({ app }: WebApp, role: Role | undefined): Promise<Visitor> {
  const visitor: Visitor = {
    cookie: '',
    csrf: '',
    get: async (path, headers = {}) => app.request(path, { headers: { Cookie: visitor.cookie, ...headers } }),
    post: async (path, form = {}, headers = {}) =>
      app.request(path, {
        method: 'POST',
        headers: { Cookie: visitor.cookie, 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ _csrf: visitor.csrf, ...form }).toString(),
      }),
    remove: async (path) =>
      app.request(path, { method: 'DELETE', headers: { Cookie: visitor.cookie, 'X-CSRF-Token': visitor.csrf } }),
    send: async (path, body, headers = {}) =>
      app.request(path, {
        method: 'POST',
        headers: {
          Cookie: visitor.cookie,
          'X-CSRF-Token': visitor.csrf,
          'Content-Type': 'application/json',
          ...headers,
        },
        body: JSON.stringify(body),
      }),
  };
  if (!role) return visitor;
  const login = await visitor.post('/login', { name: role, password: PASSWORDS[role] });
  const cookie = /^(watchword_session=[^;]+)/.exec(login.headers.get('Set-Cookie') ?? '')?.[1];
  if (!cookie) throw new Error(`login as ${role} gave ${login.status}`);
  visitor.cookie = cookie;
  const page = await (await visitor.get('/account')).text();
  visitor.csrf = /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
  return visitor;
}
