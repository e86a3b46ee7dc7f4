import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { DEMO_FOLDER } from '../support/clips.ts';

const PACKAGE = join(DEMO_FOLDER, '..');
const HELD_OUT = join(PACKAGE, 'heldout');
/** Every fourth picture (families take turns by three); the whole set is `watchword eval models/watchword-tiny/heldout`. */
const EVERY = 4;

interface Labelled {
  readonly picture: string;
  readonly question: string;
  readonly answer: string;
  readonly category: string;
  readonly kind?: 'pos' | 'neg' | 'out';
}

function labelled(file: string): Labelled[] {
  const lines = readFileSync(join(HELD_OUT, file), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Labelled).filter(({ picture }) => numberOf(picture) % EVERY === 0);
}

function numberOf(picture: string): number {
  return Number(/(\d+)\.jpg$/.exec(picture)?.[1]);
}

interface Told extends Labelled {
  readonly verdict: 'Yes' | 'No' | 'Unknown';
}

const share = (among: readonly Told[], holds: (told: Told) => boolean): number =>
  among.filter(holds).length / among.length;
const isRight = ({ verdict, answer }: Told): boolean => verdict === answer;

describe('the bundled model on pictures and words that it was not trained on', { timeout: 120_000 }, () => {
  let model: LocalVisionModel;
  beforeAll(async () => {
    model = await loadVisionModelInThread({ packageDir: PACKAGE, dtype: 'q8', device: 'cpu', clock: systemClock });
  }, 60_000);
  afterAll(() => model?.close());

  async function ask(rows: readonly Labelled[]): Promise<Told[]> {
    const told: Told[] = [];
    for (const picture of new Set(rows.map((row) => row.picture))) {
      const about = rows.filter((row) => row.picture === picture);
      const look = await model.look(readFileSync(join(HELD_OUT, picture)));
      const answers = await model.score(
        look,
        about.map(({ question }) => question),
      );
      await model.release(look);
      for (const [index, row] of about.entries()) {
        const { score = 0, mass = 0 } = answers[index] ?? {};
        told.push({ ...row, verdict: mass < model.description.minMass ? 'Unknown' : score >= 0.5 ? 'Yes' : 'No' });
      }
    }
    return told;
  }

  it('tells yes from no, also among pictures of the same place', async () => {
    const told = await ask(labelled('questions.jsonl'));
    expect(told.length).toBeGreaterThan(1500);
    expect(share(told, isRight)).toBeGreaterThan(0.97);
    expect(
      share(
        told.filter(({ kind }) => kind === 'pos'),
        isRight,
      ),
    ).toBeGreaterThan(0.96);
    expect(
      share(
        told.filter(({ kind }) => kind === 'neg'),
        isRight,
      ),
    ).toBeGreaterThan(0.96);
    expect(share(told, ({ verdict }) => verdict === 'Unknown')).toBeLessThan(0.02);
  });

  it('says which side and what colour', async () => {
    const told = await ask(labelled('places.jsonl'));
    for (const category of ['left_right', 'colour', 'shelf_row', 'how_many']) {
      const rows = told.filter((row) => row.category === category);
      expect(rows.length, category).toBeGreaterThan(30);
      expect(share(rows, isRight), category).toBeGreaterThan(0.9);
    }
  });

  it('knows that it does not know what is outside its world', async () => {
    const told = await ask(labelled('outside.jsonl'));
    expect(told.length).toBeGreaterThan(200);
    expect(share(told, isRight)).toBeGreaterThan(0.93);
  });
});
