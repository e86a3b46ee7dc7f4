import { isAbsolute, join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import { ClipSource } from './clip-source.ts';
import type { FrameSource } from './frame.ts';
import { HttpSource } from './http-source.ts';
import { RtspSource } from './rtsp-source.ts';
import type { CameraSettings } from './settings.ts';
import { parseSourceAddress, type SourceAddress, type SourceScheme } from './source-address.ts';

/** What the sources need from outside. */
export interface SourceDeps {
  readonly clock: Clock;
  /** Folder of the demo clips: `demo:NAME` is `NAME.mp4` in it. */
  readonly demoFolder: string;
  /** Folder that relative `file:` paths start from. */
  readonly baseFolder: string;
  /** The ffmpeg to run. Default `ffmpeg`, looked up in PATH. */
  readonly program?: string;
}

interface SourceOptions {
  readonly address: SourceAddress;
  readonly settings: CameraSettings;
  readonly clock: Clock;
  readonly program: string;
  readonly deps: SourceDeps;
}

/** Every kind of source there is, one line each. */
const SOURCES: Record<SourceScheme, (options: SourceOptions) => FrameSource> = {
  rtsp: (options) => new RtspSource(options),
  rtsps: (options) => new RtspSource(options),
  http: (options) => new HttpSource(options),
  https: (options) => new HttpSource(options),
  file: (options) => new ClipSource({ ...options, path: clipPath(options.address, options.deps) }),
  demo: (options) => new ClipSource({ ...options, path: clipPath(options.address, options.deps) }),
};

/** The source that a camera's settings name. Starts nothing. Throws `invalid-input` for a source that is refused. */
export function createSource(settings: CameraSettings, deps: SourceDeps): FrameSource {
  const address = parseSourceAddress(settings.source, settings);
  return SOURCES[address.scheme]({ address, settings, clock: deps.clock, program: deps.program ?? 'ffmpeg', deps });
}

/** Where the clip of a `file:` or `demo:` source lies. */
export function clipPath(address: SourceAddress, deps: Pick<SourceDeps, 'demoFolder' | 'baseFolder'>): string {
  if (address.scheme === 'demo') return join(deps.demoFolder, `${address.target}.mp4`);
  return isAbsolute(address.target) ? address.target : join(deps.baseFolder, address.target);
}
