import { readFileSync } from 'node:fs';
import { saveModelCosts } from '../model-costs.ts';
import { type MeasuredModel, measureModel, QUESTION_COUNTS } from '../vision/measure.ts';
import type { ModelDescription } from '../vision/model.ts';
import { EXIT_DONE, wholeNumber } from './command.ts';
import type { Box } from './models.ts';
import { type OpenModel, withModel } from './open-model.ts';
import { ProgressBar } from './progress.ts';

const DEFAULT_ROUNDS = 5;

export interface BenchValues {
  readonly dtype?: string | undefined;
  readonly device?: string | undefined;
  readonly threads?: string | undefined;
  readonly picture?: string | undefined;
  readonly rounds?: string | undefined;
}

/** Megabytes resident: before the model was opened, with it, and the most while it worked. */
interface Memory {
  readonly beforeMb: number;
  readonly loadedMb: number;
  readonly peakMb: number;
}

/** Measures a package and keeps what the capacity plan needs. */
export async function benchModel(
  configured: BenchValues & { readonly model: string },
  values: BenchValues,
  { io, json, dataDir }: Box,
  open: OpenModel,
): Promise<number> {
  const rounds = wholeNumber(values.rounds, 'rounds', { min: 1, max: 1000 }) ?? DEFAULT_ROUNDS;
  const threads = wholeNumber(values.threads ?? configured.threads, 'threads', { min: 1, max: 256 });
  const { dtype = configured.dtype, device = configured.device } = values;
  const picture = values.picture === undefined ? await drawnPicture() : readFileSync(values.picture);
  const beforeMb = residentMb();
  return withModel(open, { model: configured.model, dtype, device, threads }, io, async (model) => {
    const loadedMb = residentMb();
    const bar = new ProgressBar(io, rounds);
    const measured = await measureModel(model, {
      pictures: [picture],
      rounds,
      now: io.clock.monotonic,
      signal: io.signal,
      onRound: (done) => bar.show(done, 'rounds'),
    }).finally(() => bar.clear());
    const memory = { beforeMb, loadedMb, peakMb: process.resourceUsage().maxRSS / 1024 };
    const { lookMs, questionMs } = measured;
    const measuredAt = new Date(io.clock.now()).toISOString();
    saveModelCosts(dataDir, { model: model.identity, measuredAt, lookMs, questionMs });
    const { description } = model;
    if (json)
      io.stdout(
        `${JSON.stringify({ ...model.identity, ...pick(description), rounds, ...rounded(measured), ...memory })}\n`,
      );
    else {
      io.stdout(report(description, measured, memory));
      io.stderr(`kept in ${dataDir} for the capacity plan\n`);
    }
    return EXIT_DONE;
  });
}

function pick({ family, threads, packs, deviceReason, loadMs }: ModelDescription): Record<string, unknown> {
  return { family, threads, packs, deviceReason, loadMs: Math.round(loadMs) };
}

function rounded(measured: MeasuredModel): MeasuredModel {
  const round = (value: unknown): unknown => (typeof value === 'number' ? Math.round(value * 100) / 100 : value);
  return JSON.parse(JSON.stringify(measured, (_, value: unknown) => round(value)));
}

function report(description: ModelDescription, measured: MeasuredModel, memory: Memory): string {
  const { name, dtype, device } = description.identity;
  const { parts, tokens, lookMs, questionMs, rulesPerSecond } = measured;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const where = parts
    ? `  decode ${ms(parts.decodeMs)}, resize ${ms(parts.resizeMs)}, encode ${ms(parts.encodeMs)}, prefix of ${tokens} tokens ${ms(parts.prefillMs)}\n`
    : '';
  const speeds = QUESTION_COUNTS.map((count) => `${(rulesPerSecond[count] ?? 0).toFixed(1)} at ${count}`).join(', ');
  const { beforeMb, loadedMb, peakMb } = memory;
  return `${name} (${description.family}), ${dtype}, ${device} with ${description.threads} thread(s): ${description.deviceReason}
loaded in ${(description.loadMs / 1000).toFixed(1)} s
a picture ${ms(lookMs)}
${where}each question ${ms(questionMs)}${description.packs ? ' (they share runs)' : ''}
rules per second: ${speeds} rules a picture
memory: ${beforeMb.toFixed(0)} MB before, ${loadedMb.toFixed(0)} MB loaded, ${peakMb.toFixed(0)} MB at most
`;
}

function residentMb(): number {
  return process.memoryUsage.rss() / 1024 / 1024;
}

/** As large as a camera's picture and as hard to decode: noise over a slope. */
async function drawnPicture(): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const [width, height] = [1920, 1080];
  const noise = { type: 'gaussian', mean: 128, sigma: 24 } as const;
  return sharp({ create: { width, height, channels: 3, background: '#808080', noise } })
    .blur(1.5)
    .jpeg({ quality: 85 })
    .toBuffer();
}
