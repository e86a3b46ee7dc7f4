import type { CameraSettings } from '../cameras/settings.ts';
import type { ConfigFile } from '../config/config-file.ts';
import { withAreas } from '../config/edit.ts';
import { settingsSchema } from '../config/settings.ts';
import { WatchwordError } from '../platform/errors.ts';
import { parseYaml } from '../platform/findings.ts';
import type { Logger } from '../platform/logger.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { AuditLog } from '../store/audit.ts';
import type { DrawnCamera, ZoneDesk } from '../web/zone-drawing.ts';

export interface ZoneDeskOptions {
  readonly config: ConfigFile;
  /** The rules in force that watch a camera. */
  readonly rulesOn: (cameraId: string) => readonly CompiledRule[];
  /** Puts what was saved in force. */
  readonly apply: (cameraId: string, drawn: Pick<CameraSettings, 'zones' | 'masks'>) => Promise<void>;
  readonly audit: Pick<AuditLog, 'add'>;
  readonly logger: Logger;
}

/** Zones and masks drawn on the page, kept in the configuration file. */
export function createZoneDesk({ config, rulesOn, apply, audit, logger }: ZoneDeskOptions): ZoneDesk {
  return {
    async open(cameraId) {
      const { text, version } = await config.read();
      const { cameras } = parseYaml(text, config.file, settingsSchema).value ?? {};
      const camera = cameras && Object.hasOwn(cameras, cameraId) ? cameras[cameraId] : undefined;
      if (!camera) throw unknownCamera(cameras === undefined);
      return { zones: camera.zones, masks: camera.masks, version };
    },
    async save(cameraId, version, drawn, by) {
      refuseGone(rulesOn(cameraId), drawn);
      const settings = await config.change((text) => withAreas(text, cameraId, drawn), version);
      const camera = settings.cameras[cameraId];
      if (!camera) throw unknownCamera(false);
      await apply(cameraId, camera);
      audit.add({ who: by, act: 'camera-changed', about: cameraId, detail: wordsOf(camera) });
      logger.info('zones and masks drawn', {
        ...{ camera: cameraId, by, zones: Object.keys(camera.zones).length, masks: camera.masks.length },
      });
    },
  };
}

function wordsOf({ zones, masks }: DrawnCamera): string {
  const names = Object.keys(zones);
  return `zones: ${names.join(', ') || 'none'}; masks: ${masks.length}`;
}

function refuseGone(rules: readonly CompiledRule[], { zones }: DrawnCamera): void {
  const orphan = rules.find(({ zone }) => zone !== null && !Object.hasOwn(zones, zone));
  if (!orphan) return;
  throw new WatchwordError('invalid-input', `the rule "${orphan.words}" watches the zone "${orphan.zone}"`, {
    hint: 'Keep that zone, or change the rule first',
  });
}

function unknownCamera(isBroken: boolean): WatchwordError {
  if (isBroken) {
    return new WatchwordError('invalid-input', 'the configuration file has errors', {
      hint: 'Mend it first; watchword check tells where',
    });
  }
  return new WatchwordError('not-found', 'there is no such camera', { hint: 'It may have been renamed or removed' });
}
