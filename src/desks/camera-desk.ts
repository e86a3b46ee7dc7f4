import type { CameraSet } from '../camera-set.ts';
import { describeDevice, discoverDevices } from '../cameras/onvif.ts';
import { clipNote } from '../cameras/onvif-streams.ts';
import { probeCamera } from '../cameras/probe.ts';
import { cameraSettingsSchema } from '../cameras/settings.ts';
import { parseSourceAddress } from '../cameras/source-address.ts';
import type { SourceDeps } from '../cameras/sources.ts';
import { type CameraEntry, withCamera } from '../config/camera-entry.ts';
import type { ConfigFile } from '../config/config-file.ts';
import type { Clock } from '../platform/clock.ts';
import { kindOf, toError, WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { maskSecrets } from '../platform/secrets.ts';
import type { Store } from '../store/store.ts';
import type { CameraDesk, NewCamera } from '../web/camera-adding.ts';

export interface CameraDeskOptions {
  readonly config: ConfigFile;
  readonly cameras: Pick<CameraSet, 'add' | 'announce' | 'find'>;
  readonly sources: Pick<SourceDeps, 'demoFolder' | 'baseFolder'>;
  readonly audit: Pick<Store['audit'], 'add'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Networks to search; all of the machine's when absent. */
  readonly interfaces?: readonly string[];
}

/** Cameras found and added on the page, kept in the configuration file. */
export function createCameraDesk(options: CameraDeskOptions): CameraDesk {
  const { config, cameras, sources, audit, clock, logger, interfaces } = options;
  const search = oneAtATime('a search');
  const trial = oneAtATime('a trial of a camera');
  const ask = (camera: Pick<NewCamera, 'address' | 'user' | 'password'>, signal: AbortSignal) =>
    describeDevice(camera.address, camera, { clock }, signal);

  async function add(camera: NewCamera, by: string, signal: AbortSignal) {
    const { id } = camera;
    if (cameras.find(id)) throw taken(id);
    const asked: string[] = [];
    const entry = await entryOf(camera, async () => {
      const streams = await ask(camera, signal);
      const about = camera.clips ? clipNote(streams.main) : undefined;
      if (about !== undefined) asked.push(about);
      return streams;
    });
    const settings = settingsOf(entry);
    // What the file would refuse is not worth a minute of trying.
    withCamera((await config.read()).text, id, entry);
    const { picture: _, ...seen } = await probeCamera(settings, { clock, ...sources }, signal);
    const probe = { ...seen, notes: [...seen.notes, ...asked] };
    signal.throwIfAborted();
    const written = await config.change((text) => withCamera(text, id, entry));
    cameras.add(id, written.cameras[id] ?? settings);
    await cameras.announce(id);
    const source = masked(settings.source);
    note(() => audit.add({ who: by, act: 'camera-added', about: id, detail: source }));
    logger.info('camera added', { camera: id, source, by });
    const mainSource = settings.mainSource === undefined ? undefined : masked(settings.mainSource);
    return { source, mainSource, probe };
  }

  function note(write: () => void): void {
    try {
      write();
    } catch (error) {
      logger.warn('an added camera is not in the audit log', { error: toError(error) });
    }
  }

  return {
    discover: (signal) => search(() => discoverDevices({ ...(interfaces && { interfaces }) }, { clock }, signal)),
    describe: (address, login, signal) => search(() => ask({ address, ...login }, signal)).catch(ofCamera),
    add: (camera, by, signal) => trial(() => add(camera, by, signal)).catch(ofCamera),
  };
}

/** A camera that refuses a login is no reason to log the person out who typed it. */
function ofCamera(thrown: unknown): never {
  const kind = kindOf(thrown);
  if (!(thrown instanceof WatchwordError) || !['unauthenticated', 'forbidden', 'not-found'].includes(kind))
    throw thrown;
  const { message, hint } = thrown;
  throw new WatchwordError('unavailable', message, { cause: thrown, ...(hint !== undefined && { hint }) });
}

/** What is written into the configuration, as a person would write it. */
async function entryOf(
  { name, address, user, password, clips }: NewCamera,
  ask: () => ReturnType<typeof describeDevice>,
): Promise<CameraEntry> {
  const given = { name, user, password, ...(clips && { clips }) };
  const entry = (source: string, mainSource?: string): CameraEntry =>
    Object.fromEntries(Object.entries({ source, mainSource, ...given }).filter(([, value]) => value !== undefined));
  if (/^file:/i.test(address.trim()))
    throw new WatchwordError('invalid-input', 'a clip of this machine is added in the configuration file only');
  if (/^(rtsps?|demo):/i.test(address.trim()) || isStillOrStream(address)) return entry(address.trim());
  const { main, sub } = await ask();
  return sub ? entry(sub.source, main.source) : entry(main.source);
}

/** An http:// address with a path of its own is a picture or a stream; without one, or with ONVIF's, it is a device. */
function isStillOrStream(address: string): boolean {
  if (!/^https?:\/\//i.test(address.trim()) || !URL.canParse(address.trim())) return false;
  const { pathname } = new URL(address.trim());
  return pathname !== '/' && !/^\/onvif\//i.test(pathname);
}

function settingsOf(entry: CameraEntry) {
  const { data, error } = cameraSettingsSchema.safeParse(entry);
  if (data) return data;
  throw new WatchwordError('invalid-input', maskSecrets(error.issues[0]?.message ?? 'the camera is refused'));
}

const masked = (source: string): string => parseSourceAddress(source).masked;

function taken(id: string): WatchwordError {
  return new WatchwordError('conflict', `there is a camera "${id}" already`, { hint: 'Choose another id' });
}

/** Each takes a thread or a decoder for a while: impatience must not take the box away from its cameras. */
function oneAtATime(what: string): <T>(work: () => Promise<T>) => Promise<T> {
  let isBusy = false;
  return async (work) => {
    if (isBusy) throw new WatchwordError('too-many', `${what} is under way`, { hint: 'Try again when it has ended' });
    isBusy = true;
    try {
      return await work();
    } finally {
      isBusy = false;
    }
  };
}
