import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { UsageError, wholeNumber } from '../../src/cli/command.ts';
import { type Column, formatTable } from '../../src/cli/table.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { loadVisionModel } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { type Cost, measure, median, rssMb } from './model/measure.ts';
import { picturesOf } from './model/pictures.ts';
import { soak } from './model/soak.ts';
import { TransformersJs } from './model/transformers-js.ts';
import { SHAPES, type ShapeName, shapeCheckpoint } from './shape/checkpoint.ts';
import { ANSWER_FORM, QUESTIONS } from './shape/questions.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUNDLED = path.join(ROOT, 'models/watchword-tiny');
const WORKER = new URL('../../dist/vision/worker.js', import.meta.url);

const PEERS = ['generate', 'pixels once', 'features once'] as const;
const PATHS = ['watchword', ...PEERS] as const;
type Path = (typeof PATHS)[number];
type Runner = (picture: Uint8Array, questions: readonly string[]) => Promise<void>;

/** How many questions of one picture, against whom, and in how many rounds: the long ones vary less and cost the most. */
const PLAN: ReadonlyArray<{ questions: number; rounds: number; peers: readonly Path[] }> = [
  { questions: 1, rounds: 3, peers: ['generate', 'features once'] },
  { questions: 4, rounds: 3, peers: ['generate', 'features once'] },
  { questions: 8, rounds: 1, peers: ['generate', 'features once'] },
  { questions: 16, rounds: 2, peers: PEERS },
];

interface Measured extends Cost {
  readonly path: Path;
  readonly questions: number;
  readonly round: number;
}

/**
 * What a picture with 1, 4, 8 and 16 questions costs: our path (its worker thread, as in production) against Transformers.js as
 * documented (`processor` and `generate` for each question), against a caller of it who prepares the pixels once, and against one
 * who keeps the encoded features too. Same files, one process, one thread per session; ours runs before each
 * of the others, so that a machine that slows down slows all. Ratios are of the medians of CPU time.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string' },
      shape: { type: 'string' },
      dtype: { type: 'string', default: 'q8' },
      threads: { type: 'string', default: '1' },
      frames: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const say = (line: string): void => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  const threads = wholeNumber(values.threads, 'threads', { min: 1, max: 64 }) ?? 1;
  const frames = wholeNumber(values.frames, 'frames', { min: 100, max: 10_000_000 });
  const { dtype } = values;
  sharp.concurrency(1);
  const made = chosenShape(values.shape, dtype);
  if (frames !== undefined) {
    const model = await load(values.model ?? made?.folder ?? BUNDLED, made?.dtype ?? dtype, threads);
    const summary = await soak(model, { frames, pictures: await picturesOf(BUNDLED, 300), say });
    await model.close();
    print({ summary });
    return;
  }
  const folder =
    values.model ?? made?.folder ?? shapeCheckpoint('smolvlm-256m-shape', { dtype: dtype === 'fp32' ? 'fp32' : 'q8' });
  const rss: Record<string, number> = { rssStartMb: rssMb() };
  const ours = await load(folder, dtype, threads);
  rss.rssLoadedMb = rssMb();
  const peer = await TransformersJs.load(folder, { dtype, threads });
  rss.rssPeersLoadedMb = rssMb();
  say(`${path.basename(folder)}, ${dtype}, ${threads} thread(s) per session, one picture of 1920 x 1080`);
  const runners: Record<Path, Runner> = {
    watchword: (picture, questions) => askOurs(ours, picture, questions),
    generate: (picture, questions) => peer.generate(picture, questions),
    'pixels once': (picture, questions) => peer.generatePrepared(picture, questions),
    'features once': (picture, questions) => peer.generateFromFeatures(picture, questions),
  };
  const measured = await measureAll(runners, await picturesOf(BUNDLED, 8, { width: 1920, height: 1080 }), (one) => {
    if (values.json) print(one);
    else say(row(one));
  });
  rss.rssEndMb = rssMb();
  say(table(measured));
  say(
    `memory: ${Object.entries(rss)
      .map(([at, mb]) => `${at} ${mb.toFixed(0)}`)
      .join(', ')}`,
  );
  print({ summary: { ...summarize(measured), ...rounded(rss) } });
  await Promise.all([ours.close(), peer.close()]);
}

/** A checkpoint of the size of a published one, with random weights. */
function chosenShape(name: string | undefined, dtype: string): { folder: string; dtype: string } | undefined {
  if (name === undefined) return undefined;
  const [shape] = (Object.keys(SHAPES) as ShapeName[]).filter((known) => known === name);
  if (!shape) throw new UsageError(`there is no shape "${name}"`, `There are ${Object.keys(SHAPES).join(', ')}`);
  const precision = dtype === 'fp32' || dtype === 'q4' ? dtype : 'q8';
  const folder = shapeCheckpoint(shape, { dtype: precision });
  // A q4 package: the encoder and the table in int8, the decoder in four bits.
  return { folder, dtype: dtype === 'q4' ? 'vision_encoder=q8,embed_tokens=q8,decoder_model_merged=q4' : dtype };
}

function load(packageDir: string, dtype: string, threads: number): Promise<LocalVisionModel> {
  return loadVisionModel({
    packageDir,
    dtype,
    device: 'cpu',
    threads,
    workerEntry: WORKER,
    clock: systemClock,
    logger: silentLogger,
  });
}

async function askOurs(model: LocalVisionModel, picture: Uint8Array, questions: readonly string[]): Promise<void> {
  const look = await model.look(picture);
  await model.score(look, questions, { verbatim: true });
  await model.release(look);
}

async function measureAll(
  runners: Record<Path, Runner>,
  pictures: readonly Uint8Array[],
  report: (measured: Measured) => void,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  const asked = QUESTIONS.map((question) => `${question} ${ANSWER_FORM}`);
  const pictureAt = (at: number): Uint8Array => pictures[at % pictures.length] ?? new Uint8Array(0);
  for (const name of PATHS) await runners[name](pictureAt(0), asked.slice(0, 1));
  for (const { questions, rounds, peers } of PLAN) {
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < peers.length; turn++) {
        // Ours is the cheap one: it runs before every peer, so that one bad moment of the machine does not decide.
        for (const name of ['watchword', peers[(turn + round) % peers.length]] as const) {
          if (!name) continue;
          const cost = await measure(() => runners[name](pictureAt(round + 1), asked.slice(0, questions)));
          const one = { path: name, questions, round, ...cost };
          measured.push(one);
          report(one);
        }
      }
    }
  }
  return measured;
}

const of = (measured: readonly Measured[], name: Path, questions: number): Measured[] =>
  measured.filter((one) => one.path === name && one.questions === questions);

const cpuMs = (measured: readonly Measured[], name: Path, questions: number): number =>
  median(of(measured, name, questions).map((one) => one.cpuMs));

/** How many times our CPU time the other path takes. */
function ratio(measured: readonly Measured[], name: Path, questions: number): number {
  return cpuMs(measured, name, questions) / cpuMs(measured, 'watchword', questions);
}

function summarize(measured: readonly Measured[]): Record<string, number> {
  const most = Math.max(...PLAN.map(({ questions }) => questions));
  const perQuestionMs = (cpuMs(measured, 'watchword', most) - cpuMs(measured, 'watchword', 1)) / (most - 1);
  const loopDelayMs = Math.max(...measured.filter((one) => one.path === 'watchword').map((one) => one.loopDelayMs));
  return rounded({
    ratio16: ratio(measured, 'generate', 16),
    ratio4: ratio(measured, 'generate', 4),
    ratio1: ratio(measured, 'generate', 1),
    cached16: ratio(measured, 'features once', 16),
    pixelsOnce16: ratio(measured, 'pixels once', 16),
    perQuestionMs,
    loopDelayMs,
  });
}

function rounded(values: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.round(value * 100) / 100]));
}

function row({ path: name, questions, round, cpuMs: cpu, wallMs, loopDelayMs }: Measured): string {
  const costs = `${cpu.toFixed(0).padStart(7)} ms CPU ${wallMs.toFixed(0).padStart(7)} ms wall`;
  return `  ${String(questions).padStart(2)} questions, round ${round + 1}: ${name.padEnd(16)}${costs}, loop delay ${loopDelayMs.toFixed(0)} ms`;
}

function table(measured: readonly Measured[]): string {
  const columns: Column[] = [
    { title: 'questions', right: true },
    ...PATHS.map((title) => ({ title, right: true })),
    ...PEERS.map((title) => ({ title: `/ ${title}`, right: true })),
  ];
  const rows = PLAN.map(({ questions, peers }) => [
    String(questions),
    cpuMs(measured, 'watchword', questions).toFixed(0),
    ...PEERS.map((name) => (peers.includes(name) ? cpuMs(measured, name, questions).toFixed(0) : '')),
    ...PEERS.map((name) => (peers.includes(name) ? `${ratio(measured, name, questions).toFixed(2)}x` : '')),
  ]);
  return `\nmedian CPU ms per picture, and how many times ours the others take\n${formatTable(columns, rows)}`;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
