import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { CameraSet } from '../camera-set.ts';
import { cameraSettingsSchema } from '../cameras/settings.ts';
import { withCamera } from '../config/camera-entry.ts';
import type { ConfigFile } from '../config/config-file.ts';
import { withValues } from '../config/edit.ts';
import type { Settings } from '../config/settings.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { maskSecrets } from '../platform/secrets.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { AuditLog } from '../store/audit.ts';
import type { EventLog } from '../store/event-log.ts';
import type { UserStore } from '../store/users.ts';
import type { ModelIdentity } from '../vision/model.ts';
import type { CameraEntry, FirstRun, FirstRunState } from '../web/first-run.ts';

export interface FirstRunOptions {
  readonly dataDir: string;
  /** The first user was made in this start. */
  readonly isFresh: boolean;
  readonly config: ConfigFile;
  readonly settings: Settings;
  readonly cameraSet: Pick<CameraSet, 'cameras' | 'add' | 'announce'>;
  readonly users: Pick<UserStore, 'get'>;
  readonly rules: () => readonly CompiledRule[];
  readonly log: Pick<EventLog, 'list'>;
  readonly model: () => ModelIdentity | null;
  readonly topicBase: string;
  /** Puts the name and the hours in force. */
  readonly apply: (settings: Settings) => Promise<void>;
  /** Starts the box anew with its configuration as it is then; absent where nobody would start it again. */
  readonly restart?: (() => void) | undefined;
  readonly audit: Pick<AuditLog, 'add'>;
  readonly logger: Logger;
}

const FILE = 'first-run.json';
const FIRST_USER = 'admin';

const keptSchema = z.object({
  /** Of the password that was printed: whether it is still in use. */
  printed: z.string(),
  site: z.boolean().default(false),
  camera: z.boolean().default(false),
  rule: z.string().optional(),
  finished: z.boolean().default(false),
});
type Kept = z.output<typeof keptSchema>;

/** How far a fresh box is set up, kept beside its database; a box that was in use before has no such file and needs none. */
export function createFirstRun(options: FirstRunOptions): FirstRun {
  const { config, settings, cameraSet, users, logger } = options;
  const file = join(options.dataDir, FILE);
  const fingerprint = (): string => sha256(users.get(FIRST_USER)?.passwordHash ?? '');
  let kept = options.isFresh ? keptSchema.parse({ printed: fingerprint() }) : readKept(file);
  const keep = (more: Partial<Kept>): void => {
    if (!kept) return;
    kept = { ...kept, ...more };
    writeKept(file, kept);
  };
  if (options.isFresh) keep({});
  const isDemo = (): boolean => cameraSet.cameras.every((camera) => camera.settings.source.startsWith('demo:'));
  return {
    state() {
      if (!kept || kept.finished) return undefined;
      const own = !isDemo();
      const isBegun = kept.site || kept.camera || kept.rule !== undefined;
      // Somebody has written cameras and rules into files: nobody needs to be led.
      if (own && !isBegun && options.rules().length > 0) return undefined;
      const events = options.log.list(kept.rule === undefined ? {} : { ruleId: kept.rule }, { limit: 1 }).events;
      const named = own && settings.site.name !== 'Watchword' && Object.keys(settings.calendars).length > 0;
      const done: FirstRunState['done'] = {
        password: fingerprint() !== kept.printed,
        site: kept.site || named,
        camera: kept.camera || (own && cameraSet.cameras.length > 0),
        rule: kept.rule !== undefined || (own && options.rules().length > 0),
        alert: events.length > 0,
      };
      return {
        done,
        isDemo: isDemo(),
        knowsDemoOnly: /tiny/.test(options.model()?.name ?? ''),
        ruleId: kept.rule,
        eventsTopic: `${options.topicBase}/events`,
      };
    },
    async saveSite({ name, timeZone, hours }, by) {
      const changed = await config.change((text) =>
        withValues(text, [
          [['site', 'name'], name],
          [['site', 'timeZone'], timeZone],
          [['calendars', 'opening hours'], hours],
        ]),
      );
      await options.apply(changed);
      options.audit.add({ who: by, act: 'config-changed', about: 'site', detail: `${name}, ${timeZone}` });
      logger.info('site set up', { name, timeZone, by });
      keep({ site: true });
    },
    keepDemo: () => keep({ camera: true }),
    async addCamera(camera, by) {
      const id = idOf(camera.name, new Set(cameraSet.cameras.map((each) => each.id)));
      const entry = entryOf(camera);
      const isFirst = isDemo() && cameraSet.cameras.length > 0;
      if (isFirst && !options.restart) {
        throw new WatchwordError('unsupported', 'this box cannot start anew by itself', {
          hint: 'Put the camera into the configuration file and restart Watchword',
        });
      }
      const changed = await config.change((text) =>
        isFirst ? withOwnCamera(text, id, entry) : withCamera(text, id, entry),
      );
      options.audit.add({ who: by, act: 'camera-added', about: id, detail: maskSecrets(camera.source) });
      logger.info('camera set up', { camera: id, source: maskSecrets(camera.source), by });
      keep({ camera: true });
      if (isFirst) {
        mkdirSync(join(dirname(config.file), 'rules'), { recursive: true, mode: 0o750 });
        options.restart?.();
        return { restarts: true };
      }
      const taken = changed.cameras[id];
      if (taken) cameraSet.add(id, taken);
      await cameraSet.announce(id);
      return { restarts: false };
    },
    ruleSaved: (ruleId) => keep({ rule: ruleId }),
    finish(by) {
      keep({ finished: true });
      logger.info('first run finished', { by });
    },
  };
}

/** The rendered cameras and their rules make room. */
function withOwnCamera(text: string, id: string, entry: Record<string, string>): string {
  return withValues(text, [
    [['cameras'], { [id]: entry }],
    [['rules'], './rules'],
  ]);
}

function entryOf({ name, source, user, password }: CameraEntry): Record<string, string> {
  const entry = { name, source, ...(user && { user }), ...(password && { password }) };
  const parsed = cameraSettingsSchema.safeParse(entry);
  if (parsed.success) return entry;
  const words = parsed.error.issues.map(({ message }) => message).join('; ');
  throw new WatchwordError('invalid-input', maskSecrets(words), { hint: 'Look at the address once more' });
}

/** `Aisle 1, cereals` as `aisle-1-cereals`. */
function idOf(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
  const wished = plain === '' ? 'camera' : plain;
  for (let number = 1; ; number++) {
    const id = number === 1 ? wished : `${wished}-${number}`;
    if (!taken.has(id)) return id;
  }
}

function readKept(file: string): Kept | undefined {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** A disk that refuses costs the place in the guide, nothing else. */
function writeKept(file: string, kept: Kept): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // Shown again at the next start.
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
