import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { openEndpointModel } from './endpoint/endpoint-model.ts';
import { checkRevision } from './hub/manifest.ts';
import { loadVisionModel } from './load.ts';
import type { VisionModel } from './model.ts';
import type { ModelSettings } from './settings.ts';

export interface OpenModelOptions {
  readonly settings: ModelSettings;
  /** The package that answers when the settings name none. */
  readonly bundledModel: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a model server is given up, and when it is back. */
  readonly onState?: (state: 'ok' | 'down', reason: string) => void;
}

/** The model that the settings name: a server, or a package in its worker thread. Rejects with what is wrong. */
export async function openConfiguredModel(options: OpenModelOptions): Promise<VisionModel> {
  const { settings, bundledModel, clock, logger, onState } = options;
  const { endpoint, name, apiKey, timeoutMs, concurrency } = settings;
  if (endpoint !== undefined) {
    const client = { endpoint, name, apiKey, timeoutMs, concurrency };
    return openEndpointModel({ ...client, clock, logger, random: Math.random, onState });
  }
  const { package: packageDir = bundledModel, revision, dtype, device, threads } = settings;
  if (revision !== undefined) await checkRevision(packageDir, revision);
  return loadVisionModel({ packageDir, dtype, device, threads, clock, logger });
}
