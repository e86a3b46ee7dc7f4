import type { ConfigFile } from './config/config-file.ts';
import type { Settings } from './config/settings.ts';
import type { Judgement } from './pipeline.ts';
import type { Clock } from './platform/clock.ts';
import type { Health } from './platform/health.ts';
import type { LevelControl, Logger } from './platform/logger.ts';
import type { VisionModel } from './vision/model.ts';

/** What a box is started with. */
export interface AppOptions {
  readonly settings: Settings;
  /** Where the settings came from: admins change it on the page. */
  readonly config?: ConfigFile | undefined;
  /** Starts all of it anew with the configuration as it is then. */
  readonly restart?: (() => void) | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent where what is logged is not up to the page. */
  readonly logLevel?: LevelControl;
  /** Folder of the demo clips, the bundled model's package and the folder that relative `file:` sources start from. */
  readonly demoFolder: string;
  readonly bundledModel: string;
  readonly baseFolder: string;
  /** Tests that are about something else bring their own model. */
  readonly loadModel?: () => Promise<VisionModel>;
  /** Sees every judgement after it went on: measurements use it. */
  readonly onJudgement?: (judgement: Judgement) => void;
}

/** The running appliance. */
export interface App {
  /** Where people open the page. */
  readonly webUrl: string;
  /** Where subscribers connect. */
  readonly mqttUrl: string;
  readonly topicBase: string;
  /** Present on the very first start only. */
  readonly adminPassword?: string;
  readonly health: Health;
  /** Whether frames were judged lately, or there is nothing to judge: what the watchdog asks. */
  alive(): boolean;
  stop(): Promise<void>;
}
