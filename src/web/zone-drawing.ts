import type { Polygon } from '../cameras/settings.ts';

/** What is drawn on a camera's picture, in shares of its width and height. */
export interface DrawnCamera {
  /** By name: rules speak of them. */
  readonly zones: Readonly<Record<string, Polygon>>;
  /** Painted out before anything sees or stores a picture. */
  readonly masks: readonly Polygon[];
}

/** Zones and masks as the configuration file says them. Everything rejects with `unavailable` when the disk refuses. */
export interface ZoneDesk {
  /** Rejects with `not-found`. `version`: saving over another one is a conflict. */
  open(cameraId: string): Promise<DrawnCamera & { readonly version: string }>;
  /**
   * Writes them into the file and puts them in force: the next picture has them. Rejects with `invalid-input` when the
   * configuration would not be accepted or a rule watches a zone that would be gone, with `conflict` and `not-found`.
   */
  save(cameraId: string, version: string, drawn: DrawnCamera, by: string): Promise<void>;
}
