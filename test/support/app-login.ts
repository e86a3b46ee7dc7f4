import type { App } from '../../src/app.ts';

/** The first admin of a fresh app, as a browser without a window. */
export interface AppVisitor {
  get(path: string): Promise<Response>;
  /** Sends a form with this session's CSRF token; does not follow where it is sent. */
  post(path: string, form: Record<string, string | readonly string[]>): Promise<Response>;
}

export async function appLogIn({ webUrl, adminPassword = '' }: App): Promise<AppVisitor> {
  const { origin } = new URL(webUrl);
  const send = (path: string, form: Record<string, string | readonly string[]>, cookie = ''): Promise<Response> => {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(form))
      for (const each of [value].flat()) body.append(name, String(each));
    return fetch(new URL(path, origin), {
      method: 'POST',
      redirect: 'manual',
      headers: { Origin: origin, Cookie: cookie, 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
    });
  };
  const login = await send('/login', { name: 'admin', password: adminPassword });
  const cookie = /^(watchword_session=[^;]+)/.exec(login.headers.get('Set-Cookie') ?? '')?.[1];
  if (!cookie) throw new Error(`the login gave ${login.status}: ${await login.text()}`);
  const get = (path: string): Promise<Response> => fetch(new URL(path, origin), { headers: { Cookie: cookie } });
  const csrf = /name="_csrf" value="([^"]+)"/.exec(await (await get('/account')).text())?.[1] ?? '';
  return { get, post: (path, form) => send(path, { _csrf: csrf, ...form }, cookie) };
}
