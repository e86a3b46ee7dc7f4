/** The steps of setting a fresh box up, in order. */
export const FIRST_STEPS = ['password', 'site', 'camera', 'rule', 'alert'] as const;
export type FirstStep = (typeof FIRST_STEPS)[number];

export interface FirstRunState {
  readonly done: Readonly<Record<FirstStep, boolean>>;
  /** It shows the rendered demo store. */
  readonly isDemo: boolean;
  /** The model knows nothing but the demo store. */
  readonly knowsDemoOnly: boolean;
  /** The rule written here. */
  readonly ruleId: string | undefined;
  /** Where subscribers hear of events. */
  readonly eventsTopic: string;
}

/** What the store is called and when it is open. */
export interface SiteEntry {
  readonly name: string;
  readonly timeZone: string;
  /** As the configuration writes them: `mon-fri` to `08:00-20:00`. */
  readonly hours: Readonly<Record<string, string>>;
}

export interface CameraEntry {
  readonly name: string;
  readonly source: string;
  readonly user?: string;
  readonly password?: string;
}

/** Setting a fresh box up on its page. What is saved stays saved: it can be left and taken up again. */
export interface FirstRun {
  /** Undefined when it is over, or the box was set up before. */
  state(): FirstRunState | undefined;
  /** Rejects with `invalid-input` and `unavailable`. In force at once. */
  saveSite(site: SiteEntry, by: string): Promise<void>;
  keepDemo(): void;
  /**
   * The first camera of one's own; in the demo store it takes the place of all others, and the box starts anew for it. Resolves
   * with whether it does. Rejects as `saveSite` does.
   */
  addCamera(camera: CameraEntry, by: string): Promise<{ restarts: boolean }>;
  ruleSaved(ruleId: string): void;
  /** All steps are done, or skipped. */
  finish(by: string): void;
}
