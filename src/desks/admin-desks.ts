import { join } from 'node:path';
import type { CameraSet } from '../camera-set.ts';
import type { ConfigFile } from '../config/config-file.ts';
import type { LiveBox } from '../live-box.ts';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { LevelControl, Logger, LogLevel } from '../platform/logger.ts';
import type { RuleFolder } from '../rules/folder.ts';
import { matchesAny } from '../rules/glob.ts';
import type { Store } from '../store/store.ts';
import type { Watch } from '../watch.ts';
import type { WebDeps } from '../web/deps.ts';
import { type CameraDeskOptions, createCameraDesk } from './camera-desk.ts';
import { createFirstRun, type FirstRunOptions } from './first-run.ts';
import { createUpkeep, type UpkeepOptions } from './upkeep.ts';
import { createZoneDesk } from './zone-desk.ts';

export interface AdminDeskOptions {
  /** Absent where the settings came from no file: then nothing of them can be changed. */
  readonly config: ConfigFile | undefined;
  readonly cameraSet: CameraSet;
  readonly ruleFolder: Pick<RuleFolder, 'rules' | 'refresh'>;
  readonly watch: Pick<Watch, 'refresh'>;
  readonly audit: Store['audit'];
  readonly sources: CameraDeskOptions['sources'];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Other masks are painted on this camera's pictures now. */
  readonly redrawn: (cameraId: string) => void;
  readonly box: LiveBox;
  readonly firstRun: Pick<FirstRunOptions, 'isFresh' | 'settings' | 'model' | 'topicBase' | 'restart'>;
  readonly store: Pick<Store, 'users' | 'log' | 'outbox' | 'coverage' | 'audit'>;
  readonly upkeep: Omit<UpkeepOptions, 'dataDir' | 'backups' | 'store' | 'clock' | 'logger' | 'logLevel'> & {
    /** Absent: what is logged is not up to the page. */
    readonly logLevel: LevelControl | undefined;
  };
}

/** What admins change of the box on the page while it runs. */
export function createAdminDesks(
  options: AdminDeskOptions,
): Pick<WebDeps, 'zoneDesk' | 'cameraDesk' | 'firstRun' | 'upkeep'> {
  const { config, cameraSet, ruleFolder, watch, audit, sources, clock, logger, redrawn } = options;
  const { dataDir, store } = { dataDir: options.firstRun.settings.data, store: options.store };
  const { backup } = options.firstRun.settings;
  const upkeep = createUpkeep({
    ...{ ...options.upkeep, dataDir, store, clock, logger },
    backups: { keep: backup.keep, folder: backup.folder ?? join(dataDir, 'backups') },
    logLevel: options.upkeep.logLevel ?? fixedLevel(options.firstRun.settings.log.level),
  });
  if (!config) return { upkeep };
  return {
    upkeep,
    cameraDesk: createCameraDesk({ config, cameras: cameraSet, sources, audit, clock, logger }),
    firstRun: createFirstRun({
      ...{ ...options.firstRun, config, cameraSet, audit, logger },
      ...{ dataDir, users: store.users, log: store.log },
      rules: () => ruleFolder.rules(),
      async apply(changed) {
        options.box.take(changed);
        await ruleFolder.refresh();
        watch.refresh();
      },
    }),
    zoneDesk: createZoneDesk({
      ...{ config, audit, logger },
      rulesOn: (cameraId) => ruleFolder.rules().filter(({ cameras }) => matchesAny(cameras, cameraId)),
      async apply(cameraId, drawn) {
        await cameraSet.find(cameraId)?.redraw(drawn);
        redrawn(cameraId);
        await ruleFolder.refresh();
        watch.refresh();
      },
    }),
  };
}

/** Where the log is somebody else's. */
function fixedLevel(level: LogLevel): LevelControl {
  return {
    get: () => level,
    set() {
      throw new WatchwordError('unsupported', 'what is logged cannot be changed here');
    },
  };
}
