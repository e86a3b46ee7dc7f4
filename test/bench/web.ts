import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { launchBrowser, openPage, PHONE } from '../support/browser.ts';
import { PASSWORDS } from '../web/fixture.ts';
import { fill } from './store.ts';
import { cameraIds, manyRules } from './web/store.ts';

const EVENTS = 1_000_000;
const ROUNDS = 40;
const LIVE_SECONDS = 60;
const PER_SECOND = 20;

/**
 * The pages of a box with 100 cameras, 200 rules and a million events, while 20 things change a second and somebody watches:
 * time to the first byte and what a page weighs (compressed, with its scripts and styles, without pictures), then whether a
 * page that is kept up to date for a minute holds what it lets go. Ends with one line {"summary":{...}}.
 */
export async function run(args: string[]): Promise<void> {
  const at = args.indexOf('--events');
  const count = at >= 0 ? Number(args[at + 1]) : EVENTS;
  const progress = (text: string): void => void (args.includes('--json') || process.stderr.write(`${text}\n`));
  // Beside the checkout, not in /tmp: that may be memory.
  const folder = mkdtempSync(join(resolve(import.meta.dirname, '../..'), 'data-bench-'));
  let server: ChildProcess | undefined;
  try {
    const rules = manyRules().map(({ id, words, question }) => [id, words, question] as const);
    const { ms } = fill(folder, count, { cameras: cameraIds, rules, until: Date.now() });
    progress(`${count} events filled in ${(ms / 1e3).toFixed(0)} s`);
    server = fork(join(import.meta.dirname, 'web/server.ts'), [folder, String(PER_SECOND)]);
    const [{ url }] = (await once(server, 'message')) as [{ url: string }];
    const { origin } = new URL(url);
    const cookie = await logIn(origin);
    const live = await watchLive(server, origin, progress, () => measurePages(origin, cookie, progress));
    const worst = Math.max(...live.pages.map(({ p95 }) => p95));
    const heaviest = Math.max(...live.pages.map(({ weight }) => weight));
    process.stdout.write(
      `${JSON.stringify({
        summary: {
          ...{ firstByteP95Ms: round(worst), pageKb: round(heaviest / 1_000), events: count },
          ...{ nodesGrowth: live.nodesGrowth, listenersGrowth: live.listenersGrowth, heapGrowthKb: live.heapGrowthKb },
          ...{ changes: live.changes, liveClientsLeft: live.liveClientsLeft },
        },
      })}\n`,
    );
  } finally {
    server?.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

const PAGES = [
  '/',
  '/events',
  '/events?state=open',
  '/events?camera=camera-7&severity=critical',
  '/events?text=zebra',
  '/rules',
  '/rules/new',
  '/cameras',
  '/cameras/camera-7',
  '/ask',
  '/reports',
  '/system',
  '/account',
];

interface PageCost {
  readonly path: string;
  readonly p50: number;
  readonly p95: number;
  /** Bytes over the wire: the page and its scripts and styles, compressed. */
  readonly weight: number;
}

async function measurePages(origin: string, cookie: string, progress: (text: string) => void): Promise<PageCost[]> {
  const costs: PageCost[] = [];
  for (const path of PAGES) {
    const times: number[] = [];
    let page = await get(origin, path, cookie);
    for (let round = 0; round < ROUNDS; round++) {
      page = await get(origin, path, cookie);
      times.push(page.firstByteMs);
    }
    const assets = [...page.text.matchAll(/(?:src|href)="(\/static\/[^"]+\.(?:js|css))"/g)].map(
      ([, asset]) => asset ?? '',
    );
    let weight = page.bytes;
    for (const asset of new Set(assets)) weight += (await get(origin, asset, cookie)).bytes;
    times.sort((a, b) => a - b);
    const cost = {
      path,
      p50: times[times.length >> 1] ?? 0,
      p95: times[Math.ceil(times.length * 0.95) - 1] ?? 0,
      weight,
    };
    costs.push(cost);
    const size = `${(weight / 1_000).toFixed(0)} KB in all, ${(page.text.length / 1_000).toFixed(0)} KB of it HTML before compression`;
    progress(`${path.padEnd(42)} first byte p50 ${cost.p50.toFixed(0)}, p95 ${cost.p95.toFixed(0)} ms; ${size}`);
  }
  return costs;
}

/** A page is watched for a minute while the others are measured; its nodes and listeners are counted around the minute. */
async function watchLive(
  server: ChildProcess,
  origin: string,
  progress: (text: string) => void,
  meanwhile: () => Promise<PageCost[]>,
) {
  const browser = await launchBrowser();
  try {
    const { page, context } = await openPage(browser, { baseURL: origin, viewport: PHONE });
    await context.request.post('/login', { form: { name: 'viewer', password: PASSWORDS.viewer }, maxRedirects: 0 });
    await page.goto('/');
    const devtools = await context.newCDPSession(page);
    await devtools.send('Performance.enable');
    const count = async (): Promise<{ nodes: number; listeners: number; heap: number }> => {
      await devtools.send('HeapProfiler.collectGarbage');
      const { metrics } = await devtools.send('Performance.getMetrics');
      const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
      const attached = await page.evaluate<number>("document.getElementsByTagName('*').length");
      return { nodes: attached, listeners: of('JSEventListeners'), heap: of('JSHeapUsedSize') };
    };
    // Its first seconds bring what htmx makes once.
    await page.waitForTimeout(5_000);
    const before = await count();
    const began = await ask(server);
    const started = performance.now();
    const pages = await meanwhile();
    // As many changes as belong to the minute, also where a crowded machine makes them late.
    while (
      performance.now() - started < LIVE_SECONDS * 1_000 ||
      (await ask(server)).moves - began.moves < LIVE_SECONDS * PER_SECOND
    )
      await page.waitForTimeout(500);
    const seconds = (performance.now() - started) / 1_000;
    const after = await count();
    const ended = await ask(server);
    await context.close();
    for (let tries = 0; tries < 50 && (await ask(server)).live > 0; tries++)
      await page.waitForTimeout(100).catch(() => undefined);
    const left = await ask(server);
    const changes = ended.moves - began.moves;
    progress(
      `live for ${seconds.toFixed(0)} s, ${changes} changes: nodes ${before.nodes} -> ${after.nodes}, listeners ${before.listeners} -> ${after.listeners}, heap ${(before.heap / 1e6).toFixed(1)} -> ${(after.heap / 1e6).toFixed(1)} MB; clients left ${left.live}, server ${(left.rss / 1e6).toFixed(0)} MB`,
    );
    return {
      pages,
      changes,
      nodesGrowth: after.nodes - before.nodes,
      listenersGrowth: after.listeners - before.listeners,
      heapGrowthKb: Math.round((after.heap - before.heap) / 1_000),
      liveClientsLeft: left.live,
    };
  } finally {
    await browser.close();
  }
}

async function ask(server: ChildProcess): Promise<{ live: number; moves: number; rss: number }> {
  server.send('how are you');
  const [answer] = (await once(server, 'message')) as [{ live: number; moves: number; rss: number }];
  return answer;
}

async function logIn(origin: string): Promise<string> {
  const answer = await fetch(`${origin}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Origin: origin },
    body: new URLSearchParams({ name: 'admin', password: PASSWORDS.admin }),
  });
  return /^(watchword_session=[^;]+)/.exec(answer.headers.get('Set-Cookie') ?? '')?.[1] ?? '';
}

interface Got {
  readonly firstByteMs: number;
  readonly bytes: number;
  readonly text: string;
}

function get(origin: string, path: string, cookie: string): Promise<Got> {
  return new Promise((resolved, reject) => {
    const started = performance.now();
    const headers = { Cookie: cookie, 'Accept-Encoding': 'gzip' };
    const asked = request(new URL(path, origin), { headers }, (answer) => {
      const chunks: Buffer[] = [];
      let firstByteMs = 0;
      answer.on('data', (chunk: Buffer) => {
        if (chunks.length === 0) firstByteMs = performance.now() - started;
        chunks.push(chunk);
      });
      answer.on('end', () => {
        if (answer.statusCode !== 200) reject(new Error(`${path} answered ${answer.statusCode}`));
        const body = Buffer.concat(chunks);
        const text = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body.toString();
        resolved({ firstByteMs, bytes: body.length, text });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

const round = (value: number): number => Math.round(value * 10) / 10;
