import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** The checkout: this file is two folders below it, both in src/ and in dist/. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Everything a browser may load, by the name that views use. Nothing else on disk can be reached. */
const FILES: Record<string, string | readonly string[]> = {
  'app.css': 'src/web/static/app.css',
  'backtest.css': 'src/web/static/backtest.css',
  'backtest.js': 'src/web/static/backtest.js',
  'editor.css': 'src/web/static/editor.css',
  'app.js': 'src/web/static/app.js',
  'review.js': 'src/web/static/review.js',
  'ask.css': 'src/web/static/ask.css',
  'ask.js': 'src/web/static/ask.js',
  'editor.js': 'src/web/static/editor.js',
  'timeline.js': 'src/web/static/timeline.js',
  'mpeg1-video.js': 'src/web/static/mpeg1-video.js',
  'live-view.js': 'src/web/static/live-view.js',
  'reports.css': 'src/web/static/reports.css',
  'reports.js': 'src/web/static/reports.js',
  'start.css': 'src/web/static/start.css',
  'start.js': 'src/web/static/start.js',
  'system.css': 'src/web/static/system.css',
  'zones.css': 'src/web/static/zones.css',
  'zones.js': 'src/web/static/zones.js',
  'icon.svg': 'src/web/static/icon.svg',
  // One file: htmx begins with the page in a task of its own, and with its extension still on the way no live stream starts.
  'htmx.js': ['node_modules/htmx.org/dist/htmx.min.js', 'node_modules/htmx.org/dist/ext/hx-sse.min.js'],
  'uplot.js': 'node_modules/uplot/dist/uPlot.iife.min.js',
  'uplot.css': 'node_modules/uplot/dist/uPlot.min.css',
};

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Asset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

export interface Assets {
  /** The address of a file, with its content's hash, so that it may be cached for ever. */
  url(name: string): string;
  /** By the last part of that address. */
  find(hashedName: string): Asset | undefined;
}

/** Reads all static files into memory once. Throws when one is missing: a broken installation shows at start. */
export function loadAssets(root = ROOT): Assets {
  const urls = new Map<string, string>();
  const assets = new Map<string, Asset>();
  for (const [name, paths] of Object.entries(FILES)) {
    // Source maps are not served; a browser's developer tools would only complain about them.
    const text = [paths]
      .flat()
      .map((path) => readFileSync(join(root, path), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
      .join('\n');
    const body = new TextEncoder().encode(text);
    const extension = extname(name);
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
    const hashedName = `${name.slice(0, -extension.length)}.${hash}${extension}`;
    urls.set(name, `/static/${hashedName}`);
    assets.set(hashedName, {
      type: TYPES[extension] ?? 'application/octet-stream',
      body,
      gzip: new Uint8Array(gzipSync(body)),
    });
  }
  return {
    url(name) {
      const url = urls.get(name);
      if (!url) throw new Error(`no static file ${name}`);
      return url;
    },
    find: (hashedName) => assets.get(hashedName),
  };
}
