import type { DeviceStreams, FoundDevice } from '../cameras/onvif-streams.ts';
import type { ProbeResult } from '../cameras/probe.ts';

export interface CameraLogin {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** A camera as somebody wants to add it. */
export interface NewCamera extends CameraLogin {
  readonly id: string;
  /** The id when absent. */
  readonly name?: string | undefined;
  /** The address of a stream, or host, host:port or http:// address of an ONVIF camera that is asked for its streams. */
  readonly address: string;
  /** Whether a clip is kept with each event. */
  readonly clips: boolean;
}

/** What was seen of a camera that is added now. */
export interface AddedCamera {
  /** Passwords masked. */
  readonly source: string;
  /** The large stream that clips are cut from, masked; undefined when there is one stream only. */
  readonly mainSource: string | undefined;
  readonly probe: Omit<ProbeResult, 'picture'>;
}

/** Finds and adds cameras while the box runs. One search and one trial at a time: `too-many` otherwise. */
export interface CameraDesk {
  /** The ONVIF cameras of the local networks. Rejects with `unavailable` without a network. */
  discover(signal: AbortSignal): Promise<readonly FoundDevice[]>;
  /** The streams of one of them. Rejects with a readable cause. */
  describe(address: string, login: CameraLogin, signal: AbortSignal): Promise<DeviceStreams>;
  /**
   * Tries the camera for up to 50 s, writes it into the configuration and begins to watch it. Rejects with the cause when it
   * shows no picture, with `conflict` when the id is taken and with `invalid-input` for what the configuration refuses; then
   * nothing is added.
   */
  add(camera: NewCamera, by: string, signal: AbortSignal): Promise<AddedCamera>;
}
