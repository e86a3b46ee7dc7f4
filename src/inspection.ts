import { ChangeGate } from './cameras/change-gate.ts';
import type { Frame } from './cameras/frame.ts';
import { cropZone } from './cameras/masks.ts';
import { PictureHealth } from './cameras/picture-health.ts';
import type { CameraSettings, PictureProblem } from './cameras/settings.ts';
import { type Thumbnail, thumbnailOf } from './cameras/thumbnail.ts';
import type { Inspected } from './pipeline.ts';
import type { Health } from './platform/health.ts';
import type { CompiledRule } from './rules/rule.ts';

/** An unchanged picture is asked anew at least this often: a model's answer is not taken for granted for longer. */
const GATE_MAX_AGE_MS = 30_000;
const GATE_MIN_GAP_MS = 10_000;

/**
 * What can be said of one camera's frames without the model: whether the picture can be judged at all, and whether anything
 * changed where a rule looks. One small thumbnail serves both.
 */
export class Inspection {
  readonly #camera: InspectedCamera;
  readonly #health: Health;
  readonly #pictureHealth: PictureHealth;
  readonly #gate: ChangeGate;
  readonly #thumbnail: MakeThumbnail;

  constructor(options: { camera: InspectedCamera; health: Health; thumbnail: MakeThumbnail }) {
    const { ignore, everyMs } = options.camera.settings;
    this.#camera = options.camera;
    this.#health = options.health;
    this.#thumbnail = options.thumbnail;
    this.#pictureHealth = new PictureHealth({ ignore });
    const gapMs = Math.max(GATE_MIN_GAP_MS, 5 * everyMs);
    this.#gate = new ChangeGate({ maxAgeMs: GATE_MAX_AGE_MS, gapMs });
  }

  /** Frames in order. Rejects for a picture that cannot be decoded. */
  async inspect(frame: Frame): Promise<Inspected> {
    const thumbnail = await this.#thumbnail(frame);
    const trouble = this.#pictureHealth.judgeThumbnail(thumbnail, frame);
    this.#report(trouble);
    return {
      trouble,
      isUnchanged: (rule, wanted) =>
        !this.#gate.decide(rule.id, this.#zoneOf(rule), thumbnail, frame.at, wanted).evaluate,
      evaluated: (rule) => this.#gate.evaluated(rule.id, thumbnail, frame.at),
      pictureFor: (rule, other = frame) => this.#pictureFor(rule, other),
    };
  }

  /** Takes what the camera shows from now on as usual. */
  relearn(): void {
    this.#pictureHealth.relearn();
  }

  async #pictureFor(rule: CompiledRule, frame: Frame): Promise<Uint8Array> {
    const zone = this.#zoneOf(rule);
    return zone ? (await cropZone(frame, zone)).jpeg : frame.jpeg;
  }

  #zoneOf(rule: CompiledRule) {
    return rule.zone === null ? null : (this.#camera.settings.zones[rule.zone] ?? null);
  }

  #report(trouble: PictureProblem | undefined): void {
    const part = `picture/${this.#camera.id}`;
    if (trouble) this.#health.report(part, 'degraded', `the picture is ${trouble}`);
    else this.#health.report(part, 'ok');
  }
}

/** Its zones are read at each frame: they may be drawn anew. */
interface InspectedCamera {
  readonly id: string;
  readonly settings: CameraSettings;
}

type MakeThumbnail = (frame: Frame) => Promise<Thumbnail>;

/** Frames of many cameras, each to its own inspection. */
export function createInspector(
  cameras: readonly InspectedCamera[],
  health: Health,
  thumbnail: MakeThumbnail = (frame) => thumbnailOf(frame.jpeg),
) {
  const inspections = new Map(
    cameras.map((camera) => [camera.id, new Inspection({ camera, health, thumbnail })] as const),
  );
  return {
    async inspect(frame: Frame): Promise<Inspected> {
      const inspection = inspections.get(frame.cameraId);
      if (!inspection) throw new Error(`there is no camera "${frame.cameraId}"`);
      return inspection.inspect(frame);
    },
    /** A person says that what the camera shows now is as it should be. */
    relearn: (cameraId: string): void => inspections.get(cameraId)?.relearn(),
  };
}
