import type { CameraSet } from './camera-set.ts';
import type { ConfigFile } from './config/config-file.ts';
import type { Logger } from './platform/logger.ts';
import type { RuleFolder } from './rules/folder.ts';
import { matchesAny } from './rules/glob.ts';
import type { Watch } from './watch.ts';
import type { WebDeps } from './web/deps.ts';
import { createZoneDesk } from './zone-desk.ts';

export interface AdminDeskOptions {
  /** Absent where the settings came from no file: then nothing of them can be changed. */
  readonly config: ConfigFile | undefined;
  readonly cameraSet: CameraSet;
  readonly ruleFolder: Pick<RuleFolder, 'rules' | 'refresh'>;
  readonly watch: Pick<Watch, 'refresh'>;
  readonly logger: Logger;
  /** Other masks are painted on this camera's pictures now. */
  readonly redrawn: (cameraId: string) => void;
}

/** What admins change of the box on the page while it runs. */
export function createAdminDesks(options: AdminDeskOptions): Pick<WebDeps, 'zoneDesk'> {
  const { config, cameraSet, ruleFolder, watch, logger, redrawn } = options;
  if (!config) return {};
  return {
    zoneDesk: createZoneDesk({
      ...{ config, logger },
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
