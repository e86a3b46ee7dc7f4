import type { WebDeps } from '../deps.ts';

/** A camera that was added through the drop-in. */
export interface AddedStream {
  /** What the API calls it: a UUID. */
  readonly id: string;
  readonly cameraId: string;
  /** Passwords masked. */
  readonly url: string;
  readonly description: string;
}

/** Cameras added by programs; they stay over a restart. */
export interface StreamDesk {
  list(): readonly AddedStream[];
  /**
   * Resolves when the first picture has come; an address that is there already is the stream it was. Rejects with
   * `invalid-input`, with `too-many` when there are `most` of them, and with `unavailable` when no picture comes in time.
   */
  add(url: string, description: string, most: number, by: string): Promise<AddedStream>;
  /** Its events end. False when there is none of this id. */
  remove(id: string, by: string): Promise<boolean>;
}

/** What the drop-in for NVIDIA's services needs of the box. */
export type DropInDeps = Pick<
  WebDeps,
  | 'site'
  | 'clock'
  | 'logger'
  | 'cameras'
  | 'rules'
  | 'ruleDesk'
  | 'chat'
  | 'states'
  | 'silences'
  | 'model'
  | 'tokens'
  | 'subscribe'
  | 'ready'
> & {
  readonly streams: StreamDesk;
  /** Resolves when the rule files as they are now are in force. */
  readonly rulesReloaded: () => Promise<void>;
};
