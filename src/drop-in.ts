import type { CameraSet } from './camera-set.ts';
import type { Clock } from './platform/clock.ts';
import { describeError, toError } from './platform/errors.ts';
import type { Health } from './platform/health.ts';
import type { Part } from './platform/lifecycle.ts';
import type { Logger } from './platform/logger.ts';
import type { RuleFolder } from './rules/folder.ts';
import type { AuditLog } from './store/audit.ts';
import { Streams } from './streams.ts';
import { createDropIn, type DropInApp } from './web/drop-in/drop-in.ts';
import type { DropInDeps } from './web/drop-in/drop-in-deps.ts';
import type { NvidiaSettings } from './web/drop-in/settings.ts';
import { WebServer } from './web/server.ts';

/** A port that another program has is tried again: the service that this one takes the place of may still run. */
const RETRY_MS = 10_000;
const STOP_MS = 2_000;

export interface DropInOptions extends Omit<DropInDeps, 'streams' | 'rulesReloaded'> {
  readonly health: Health;
  readonly ruleFolder: Pick<RuleFolder, 'refresh'>;
  readonly cameraSet: CameraSet;
  readonly dataDir: string;
  readonly audit: Pick<AuditLog, 'add'>;
}

/**
 * Puts the cameras that programs added into the set, and listens for programs that talked to NVIDIA's services. A port that
 * is taken costs only this: health says so and it is tried again for ever.
 */
export function dropInPart(options: DropInOptions, settings: NvidiaSettings | undefined): Part {
  const { ruleFolder, cameraSet: cameras } = options;
  const streams = new Streams({ ...options, cameras });
  const rulesReloaded = async (): Promise<void> => {
    await ruleFolder.refresh();
    // The folder takes a file for gone when it is missing twice.
    await ruleFolder.refresh();
  };
  const apps = settings ? createDropIn({ ...options, streams, rulesReloaded }, settings) : [];
  const stopped = new AbortController();
  const listening: WebServer[] = [];
  let trying: Promise<unknown> = Promise.resolve();
  const host = settings?.host ?? '127.0.0.1';
  return {
    name: 'drop-in',
    start() {
      trying = Promise.all(
        apps.flatMap((app) =>
          app.ports.map(async (port) => {
            const server = await listen({ ...options, app, host, port, stopped: stopped.signal });
            if (server) listening.push(server);
          }),
        ),
      );
    },
    async stop() {
      stopped.abort();
      await trying;
      await Promise.all(listening.map((server) => server.stop(AbortSignal.timeout(STOP_MS))));
    },
  };
}

async function listen({
  app,
  host,
  port,
  stopped,
  clock,
  logger,
  health,
}: {
  readonly app: DropInApp;
  readonly host: string;
  readonly port: number;
  readonly stopped: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
}): Promise<WebServer | undefined> {
  const part = `drop-in/${app.name}`;
  while (!stopped.aborted) {
    const server = new WebServer({ web: app, host, port });
    try {
      const { url } = await server.start();
      health.report(part, 'ok');
      logger.info('the drop-in listens', { service: app.name, url });
      return server;
    } catch (error) {
      health.report(part, 'degraded', describeError(error));
      logger.warn('the drop-in cannot listen', { service: app.name, port, error: toError(error) });
    }
    await clock.sleep(RETRY_MS, stopped).catch(() => undefined);
  }
  return undefined;
}
