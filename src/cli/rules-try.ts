import type { Polygon } from '../cameras/settings.ts';
import type { Settings } from '../config/settings.ts';
import { describeError, kindOf } from '../platform/errors.ts';
import { checkOnePicture } from '../rules/one-picture.ts';
import type { CompiledRule } from '../rules/rule.ts';
import { judge, type Verdict } from '../rules/verdict.ts';
import { readPicture } from './ask.ts';
import { type CommandIo, EXIT_DONE, EXIT_FAILED, UsageError } from './command.ts';
import type { ModelChoice, OpenModel } from './open-model.ts';
import { LazyModel } from './past-model.ts';
import { decimals, formatTable } from './table.ts';

export interface TryRequest {
  readonly rule: CompiledRule;
  readonly pictures: readonly string[];
  /** Whose zone is looked at; undefined for the whole picture. */
  readonly cameraId: string | undefined;
  readonly settings: Settings;
  readonly json: boolean;
}

interface Tried {
  readonly picture: string;
  readonly verdict: Verdict;
  readonly ms: number;
}

/** Asks a rule's question about pictures and judges the answers as the live pipeline does. Resolves with the exit code. */
export async function tryRule(
  request: TryRequest,
  open: OpenModel,
  choice: ModelChoice,
  io: CommandIo,
): Promise<number> {
  const { rule, json } = request;
  checkOnePicture(rule);
  const zone = zoneFor(request);
  // Read before the model is loaded: a misspelled name shows at once.
  const pictures = await Promise.all(request.pictures.map(readPicture));
  const model = new LazyModel(open, choice, io);
  const tried: Tried[] = [];
  let failed = false;
  try {
    const { identity } = await model.ready();
    for (const [at, { name, bytes }] of pictures.entries()) {
      io.signal.throwIfAborted();
      try {
        const verdict = await judgeOne(request.rule, bytes, at, { model, zone, io });
        tried.push({ picture: name, ...verdict });
        if (json) io.stdout(`${JSON.stringify(asJson(rule, { picture: name, ...verdict }, identity.name))}\n`);
      } catch (error) {
        const kind = kindOf(error);
        if (kind !== 'invalid-input' && kind !== 'too-large' && kind !== 'corrupt') throw error;
        // One damaged picture does not take the answers about the others away.
        failed = true;
        io.stderr(`watchword rules: ${name}: ${describeError(error)}\n`);
      }
    }
  } finally {
    await model.close();
  }
  if (!json && tried.length > 0) io.stdout(asText(rule, tried));
  return failed ? EXIT_FAILED : EXIT_DONE;
}

function zoneFor({ rule, cameraId, settings }: TryRequest): Polygon | null {
  if (rule.zone === null || cameraId === undefined) return null;
  const camera = settings.cameras[cameraId];
  if (!camera)
    throw new UsageError(`there is no camera "${cameraId}"`, `Known: ${Object.keys(settings.cameras).join(', ')}`);
  return camera.zones[rule.zone] ?? null;
}

async function judgeOne(
  rule: CompiledRule,
  jpeg: Uint8Array,
  seq: number,
  { model, zone, io }: { model: LazyModel; zone: Polygon | null; io: CommandIo },
): Promise<Omit<Tried, 'picture'>> {
  const size = zone === null ? { width: 0, height: 0 } : await (await import('sharp')).default(jpeg).metadata();
  const { width = 0, height = 0 } = size;
  const began = io.clock.monotonic();
  const answer = await model.ask({ jpeg, width, height }, rule.question, zone);
  const at = io.clock.monotonic();
  return { verdict: judge(rule, { cameraId: '', seq, capturedAt: 0, at }, answer), ms: at - began };
}

function asJson(rule: CompiledRule, { picture, verdict, ms }: Tried, model: string): Record<string, unknown> {
  const { value, cause, score = null, mass = null } = verdict;
  return {
    picture,
    ...{ question: rule.question, expects: rule.expects, score, mass, verdict: value },
    ...(cause !== undefined && { cause }),
    model,
    ms: Math.round(ms * 100) / 100,
  };
}

function asText(rule: CompiledRule, tried: readonly Tried[]): string {
  const rows = tried.map(({ picture, verdict: { value, cause, score, mass } }) => [
    picture,
    decimals(score),
    decimals(mass),
    cause === undefined ? value : `${value} (${cause})`,
  ]);
  const columns = [
    { title: 'picture' },
    { title: 'score', right: true },
    { title: 'mass', right: true },
    { title: 'verdict' },
  ];
  return `${rule.question}  ${rule.expects} from ${rule.raise}, the opposite up to ${rule.clear}\n\n${formatTable(columns, rows)}`;
}
