import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';
export const REPOSITORY = 'some-lab/Tiny-VLM';

/** What goes wrong with one request for a file; gone after it was used. */
export type Fault = 'cut' | 'wrong bytes' | 'HTTP 500' | 'HTTP 404' | 'no ranges' | 'HTTP 416' | 'longer' | 'silence';

/** A hub with its real paths, answers and headers: card, paged tree, resolve with a redirect for large files, ranges. */
export class HubServer {
  /** Path to content. Names beginning with `onnx/` are large files: stored apart, with their SHA-256. */
  files: Map<string, Buffer>;
  licence: unknown = 'apache-2.0';
  commit = COMMIT;
  pageSize = 1000;
  /** Answers 401 without it. */
  token: string | undefined;
  /** By path, in the order in which they strike. */
  readonly faults = new Map<string, Fault[]>();
  /** `GET /path` with its range and whether a token came along, in order. */
  readonly requests: Array<{ url: string; range: string | undefined; token: boolean }> = [];
  /** Bytes of file content that were sent. */
  sent = 0;
  readonly #server: Server;
  readonly #store: Server;
  #url = '';
  #storeUrl = '';

  constructor(files: Map<string, Buffer>) {
    this.files = files;
    this.#server = createServer((request, response) => this.#answer(request, response));
    // Another origin, as the hub's is: a token must not follow the redirect there.
    this.#store = createServer((request, response) => this.#serve(request, response));
  }

  get url(): string {
    return this.#url;
  }

  async start(): Promise<this> {
    [this.#url, this.#storeUrl] = await Promise.all([listen(this.#server), listen(this.#store)]);
    return this;
  }

  async stop(): Promise<void> {
    for (const server of [this.#server, this.#store]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** Requests for the content of one file. */
  asked(path: string): number {
    return this.requests.filter(({ url }) => url.startsWith('/store/') && url.endsWith(path)).length;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = this.#note(request);
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end('{"error":"Access is restricted"}');
      return;
    }
    const card = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(url.pathname);
    const tree = /^\/api\/models\/([^/]+\/[^/]+)\/tree\/([0-9a-f]{40})$/.exec(url.pathname);
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([0-9a-f]{40})\/(.+)$/.exec(url.pathname);
    const [, repository = '', revision = ''] = card ?? tree ?? file ?? [];
    if (repository !== REPOSITORY) notFound(response, 'RepoNotFound');
    else if (!['main', 'v1', this.commit].includes(decodeURIComponent(revision)))
      notFound(response, 'RevisionNotFound');
    else if (card) json(response, { id: REPOSITORY, sha: this.commit, cardData: { license: this.licence } });
    else if (tree) this.#tree(url, response);
    else this.#resolve(decodeURIComponent(file?.[3] ?? ''), request, response);
  }

  #tree(url: URL, response: ServerResponse): void {
    const entries = [...this.files].map(([path, content]) => {
      const size = content.length;
      const oid = createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex');
      const lfs = { oid: createHash('sha256').update(content).digest('hex'), size, pointerSize: 134 };
      return { type: 'file', path, size, oid, ...(path.startsWith('onnx/') && { lfs }) };
    });
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const to = from + this.pageSize;
    const next = `<${this.#url}${url.pathname}?recursive=true&cursor=${to}>; rel="next"`;
    const folder = { type: 'directory', path: 'onnx', oid: '0'.repeat(40), size: 0 };
    json(response, [folder, ...entries.slice(from, to)], to < entries.length ? { link: next } : {});
  }

  #resolve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const location = `${this.#storeUrl}/store/${path}`;
    if (!this.files.has(path)) notFound(response, 'EntryNotFound');
    else if (path.startsWith('onnx/')) response.writeHead(302, { location, 'x-repo-commit': this.commit }).end();
    else this.#content(path, request, response);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = this.#note(request);
    this.#content(pathname.replace(/^\/store\//, ''), request, response);
  }

  #content(path: string, request: IncomingMessage, response: ServerResponse): void {
    const content = this.files.get(path) ?? Buffer.alloc(0);
    const fault = this.faults.get(path)?.shift();
    if (fault === 'HTTP 404') {
      notFound(response, 'EntryNotFound');
      return;
    }
    if (fault === 'HTTP 500' || fault === 'HTTP 416') {
      response.writeHead(Number(fault.slice(5))).end();
      return;
    }
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const from = asked && fault !== 'no ranges' ? Number(asked[1]) : 0;
    const right = content.subarray(from);
    const bytes = fault === 'wrong bytes' ? Buffer.from(right.map((byte) => byte ^ 1)) : right;
    const body = fault === 'longer' ? Buffer.concat([bytes, Buffer.alloc(9)]) : bytes;
    const range = `bytes ${from}-${content.length - 1}/${content.length}`;
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': body.length,
      ...(from > 0 && { 'content-range': range }),
    });
    if (fault !== 'cut' && fault !== 'silence') {
      this.sent += body.length;
      response.end(body);
      return;
    }
    const half = body.subarray(0, Math.floor(body.length / 2));
    this.sent += half.length;
    // A line over which nothing more comes is not closed by anybody.
    response.write(half, () => (fault === 'cut' ? response.destroy() : undefined));
  }

  #note(request: IncomingMessage): URL {
    const url = new URL(request.url ?? '', 'http://hub');
    const { range, authorization } = request.headers;
    this.requests.push({ url: `${url.pathname}${url.search}`, range, token: authorization !== undefined });
    return url;
  }
}

function json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

function notFound(response: ServerResponse, code: string): void {
  response.writeHead(404, { 'x-error-code': code }).end(JSON.stringify({ error: code }));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
