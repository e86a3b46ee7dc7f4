import { WebServer } from '../../../src/web/server.ts';
import { createWebApp } from '../../../src/web/web-app.tsx';
import { LargeStore } from './store.ts';

/** The web of a large box as a process of its own; says where it is, and moves as many times a second as it is told. */
const [dataDir = '', perSecond = '20'] = process.argv.slice(2);
const large = new LargeStore();
large.web.settings = { ...large.web.settings };
await large.web.addUsers();
const web = createWebApp(large.deps(dataDir));
const server = new WebServer({ web, host: '127.0.0.1', port: 0 });
const { url } = await server.start();
let moves = 0;
setInterval(() => large.move(moves++), 1_000 / Number(perSecond));
process.on('message', () => {
  process.send?.({
    live: web.liveClients(),
    listeners: large.web.listeners.size,
    moves,
    rss: process.memoryUsage().rss,
  });
});
process.send?.({ url });
