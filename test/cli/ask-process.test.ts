import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byPicture, openKit, readImage } from '../vision/golden-kit.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HELD_OUT = 'models/watchword-tiny/heldout';
const PATIENCE_MS = 60_000;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The program as people run it: the compiled main, its own process. */
function watchword(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['dist/main.js', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }));
  });
}

const jsonLines = (out: string): Array<Record<string, unknown>> =>
  out
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watchword-ask-process-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the program', { timeout: PATIENCE_MS }, () => {
  it('answers about a picture with the bundled model, and prints nothing but JSON with --json', async () => {
    const picture = `${HELD_OUT}/pictures/0000.jpg`;
    const { code, out } = await watchword('ask', picture, '--', 'one row is empty', 'Is there a spill?', '--json');
    expect(code).toBe(0);
    const [empty, spill] = jsonLines(out);
    expect(empty).toMatchObject({ picture, question: 'one row is empty', verdict: 'yes', model: 'watchword-tiny' });
    expect(spill).toMatchObject({ verdict: 'no' });
    expect(empty?.mass).toBeGreaterThan(0.9);
  });

  it('describes a picture in a sentence', async () => {
    const { code, out } = await watchword('describe', `${HELD_OUT}/pictures/0000.jpg`);
    expect(code).toBe(0);
    expect(out).toMatch(/^[A-Z].{10,}\n$/);
  });

  it('measures the bundled model on its held-out set', async () => {
    const { code, out } = await watchword('eval', HELD_OUT, '--limit', '120', '--json');
    expect(code).toBe(0);
    const lines = jsonLines(out);
    expect(lines).toHaveLength(121);
    const { summary } = lines.at(-1) as { summary: Record<string, number> };
    expect(summary).toMatchObject({ n: 120, model: 'watchword-tiny', unknownRate: 0 });
    expect(summary.balancedAccuracy).toBeGreaterThan(0.9);
  });

  it('gives the reference values of a published layout through --model and --verbatim', async () => {
    const kit = openKit('smolvlm-random');
    const [group] = byPicture(kit).filter(({ split }) => split);
    const picture = path.join(folder, group?.picture ?? '');
    await writeFile(picture, readImage(kit, group?.picture ?? ''));
    const questions = group?.questions ?? [];
    const words = questions.map(({ text }) => text);
    const flags = ['--model', kit.dir, '--dtype', 'fp32', '--split', '--verbatim', '--json'];
    const { code, out } = await watchword('ask', picture, ...flags, '--', ...words);
    expect(code).toBe(0);
    const lines = jsonLines(out);
    expect(lines).toHaveLength(questions.length);
    for (const [at, { golden }] of questions.entries()) {
      expect(Math.abs(Number(lines[at]?.score) - golden.yes_no.p_yes), golden.id).toBeLessThan(1e-4);
      expect(Math.abs(Number(lines[at]?.mass) - golden.yes_no.answer_mass), golden.id).toBeLessThan(1e-4);
    }
  });

  it('ends with 1 for what failed and 2 for wrong usage, with one clear line on standard error', async () => {
    const missing = await watchword('ask', 'gone.jpg', '--', 'Is it?');
    expect(missing).toMatchObject({ code: 1, out: '' });
    expect(missing.err).toMatch(/^watchword ask: cannot read the picture gone\.jpg: there is no such file\n$/);
    const noModel = await watchword('ask', `${HELD_OUT}/pictures/0000.jpg`, '--model', folder, '--', 'Is it?');
    expect(noModel).toMatchObject({ code: 1, out: '' });
    expect(noModel.err).toMatch(/config\.json/);
    const wrong = await watchword('eval', HELD_OUT, '--limt', '3');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toMatch(/unknown option --limt\. Did you mean --limit\?\nusage: watchword eval DATASET/);
    const device = await watchword('ask', `${HELD_OUT}/pictures/0000.jpg`, '--device', 'gpu', '--', 'Is it?');
    expect(device).toMatchObject({ code: 2, out: '' });
  });
});
