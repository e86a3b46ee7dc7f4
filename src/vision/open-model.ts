import type { Clock } from '../platform/clock.ts';
import { describeError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { openEndpointModel } from './endpoint/endpoint-model.ts';
import { StandbyModel } from './endpoint/standby-model.ts';
import type { UsageLedger } from './endpoint/usage.ts';
import { checkRevision } from './hub/manifest.ts';
import { loadVisionModel } from './load.ts';
import type { VisionModel } from './model.ts';
import { openPackage } from './package.ts';
import type { ModelSettings, OneModelSettings } from './settings.ts';

export interface OpenModelOptions {
  readonly settings: ModelSettings;
  /** The package that answers when the settings name none. */
  readonly bundledModel: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a model server is given up, and when it is back. */
  readonly onState?: ((state: 'ok' | 'down', reason: string) => void) | undefined;
  /** Called when the stand-by takes over, and when it is not needed any more. */
  readonly onStandby?: (inUse: boolean, reason: string) => void;
  /** Where requests to servers are counted. */
  readonly usage?: UsageLedger;
}

/**
 * The model that the settings name: a server, or a package in its worker thread, with its stand-by where there is one. Rejects
 * with what is wrong.
 */
export async function openConfiguredModel(options: OpenModelOptions): Promise<VisionModel> {
  const { settings, clock, logger, onStandby } = options;
  const { standby, ...first } = settings;
  if (!standby) return openOne(first, options);
  warnOfUnusable(standby, options);
  return StandbyModel.open({
    openFirst: () => openOne(first, { ...options, onState: undefined }),
    openStandby: () => openOne(standby, { ...options, onState: undefined }),
    ...{ clock, logger, onStandby, random: Math.random },
  });
}

/** A stand-by is opened when it is needed: that is late to learn that it cannot be. */
function warnOfUnusable(standby: OneModelSettings, { bundledModel, logger }: OpenModelOptions): void {
  if (standby.endpoint !== undefined) return;
  openPackage(standby.package ?? bundledModel, standby.dtype).catch((error) =>
    logger.error('the stand-by model could not be used', { error: describeError(error) }),
  );
}

async function openOne(
  settings: OneModelSettings,
  { bundledModel, clock, logger, onState, usage }: OpenModelOptions,
): Promise<VisionModel> {
  const { endpoint, name, apiKey, timeoutMs, concurrency, price } = settings;
  if (endpoint !== undefined) {
    const client = { endpoint, name, apiKey, timeoutMs, concurrency, price };
    return openEndpointModel({ ...client, clock, logger, random: Math.random, onState, usage });
  }
  const { package: packageDir = bundledModel, revision, dtype, device, threads } = settings;
  if (revision !== undefined) await checkRevision(packageDir, revision);
  return loadVisionModel({ packageDir, dtype, device, threads, clock, logger });
}
