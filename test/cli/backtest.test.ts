import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBacktest } from '../../src/cli/backtest.ts';
import { runCommand } from '../../src/cli/command.ts';
import { type KeptPicture, PictureIndex } from '../../src/history/picture-index.ts';
import type { Verdict } from '../../src/rules/verdict.ts';
import { tempStore } from '../store/temp-store.ts';
import { recordIo } from '../support/command-io.ts';
import { ScriptedModel } from '../support/scripted-model.ts';
import { ChatServer, json } from '../vision/endpoint/chat-server.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What the recorded process takes for now: a Monday. */
const NOW = Date.parse('2026-03-02T09:00:00Z');

/** A box with one camera, one rule, and a past. */
function boxWithPast(rule = 'rule: Alert me when a shelf is empty for 10 seconds\n') {
  const { store, dataDir } = tempStore();
  mkdirSync(join(dataDir, 'rules'));
  writeFileSync(join(dataDir, 'rules', 'empty-shelf.yaml'), rule);
  const config = join(dataDir, 'watchword.yaml');
  writeFileSync(
    config,
    `site: { timeZone: UTC }
cameras:
  aisle-1: { source: "file:a.mp4", zones: { top: [[0, 0], [1, 0], [1, 0.5]] } }
  aisle-2: { source: "file:b.mp4" }
rules: ./rules
data: .
`,
  );
  /** Live answers every two seconds from `agoMs` before now on. */
  const answered = (agoMs: number, scores: readonly number[], expects: 'yes' | 'no' = 'yes'): void => {
    scores.forEach((score, index) => {
      const at = NOW - agoMs + index * 2_000;
      const verdict: Verdict = {
        ...{ ruleId: 'old', cameraId: 'aisle-1', frameSeq: index, capturedAt: at, at },
        ...(score < 0 ? { value: 'unknown', cause: 'dark' } : { value: 'yes', score, mass: 1 }),
      };
      store.verdicts.record(verdict, { id: 'old', question: 'Is a shelf empty?', expects, zone: null });
    });
    store.flush();
  };
  const pictures = PictureIndex.open(dataDir);
  /** A picture that the camera showed from then on. */
  const showed = (
    text: string | Buffer,
    agoMs: number,
    forMs: number,
    trouble: KeptPicture['trouble'] = null,
  ): void => {
    const capturedAt = NOW - agoMs;
    const picture = { cameraId: 'aisle-1', capturedAt, until: capturedAt + forMs, trouble };
    const file = pictures.pathOf(picture);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    pictures.add({ ...picture, bytes: text.length, width: 320, height: 180 });
  };
  const model = new ScriptedModel((picture) => ({ score: picture.startsWith('empty') ? 0.9 : 0.1 }));
  const run = async (...args: string[]) => {
    const io = recordIo();
    const code = await runCommand(createBacktest(model.open), ['--config', config, ...args], io);
    return { code, io };
  };
  const events = async (...args: string[]) => {
    const { io } = await run('empty-shelf', '--camera', 'aisle-1', '--json', ...args);
    const lines = io.lines();
    const seconds = (time: unknown): number | null =>
      typeof time === 'string' ? (Date.parse(time) - NOW) / 1_000 : null;
    return {
      err: io.err(),
      scores: lines.flatMap(({ score }) => (score ? [score as Record<string, number>] : [])),
      spans: lines.flatMap(({ event }) => {
        const { startedAt, endedAt } = (event ?? {}) as Record<string, unknown>;
        return event ? [[seconds(startedAt), seconds(endedAt)]] : [];
      }),
      summary: (lines.at(-1)?.summary ?? {}) as Record<string, never>,
    };
  };
  return { config, dataDir, answered, showed, pictures, model, run, events };
}

/** `10` times a score. */
const times = (count: number, score: number): number[] => Array.from({ length: count }, () => score);

describe('watchword backtest on stored answers', () => {
  test('replays them through rule, step and tracker, without any model', async () => {
    const box = boxWithPast();
    box.answered(10 * MINUTE, [...times(10, 0.1), ...times(20, 0.8), ...times(20, 0.1)]);
    const { spans, summary, scores } = await box.events();
    expect(spans).toEqual([[-580, -542]]);
    expect(summary).toMatchObject({
      ...{ rule: 'empty-shelf', camera: 'aisle-1', question: 'Is a shelf empty?', forMs: 10_000 },
      ...{ events: 1, alerts: 1, alertsPerDay: 1, yes: 20, no: 30, unknown: 0 },
      looks: { stored: 50, pictures: 0, asked: 0 },
    });
    expect(scores.reduce((sum, part) => sum + (part.yes ?? 0), 0)).toBe(20);
    expect(box.model.calls).toEqual([]);
  });

  test('judges the same answers anew with other thresholds, durations and hours', async () => {
    const box = boxWithPast();
    box.answered(10 * MINUTE, [...times(20, 0.7), ...times(20, 0.1), ...times(5, 0.95), ...times(20, 0.1)]);
    expect((await box.events()).spans).toHaveLength(1);
    expect((await box.events('--raise', '0.75')).spans).toEqual([]);
    expect((await box.events('--for', '5s')).spans).toHaveLength(2);
    expect((await box.events('--for', '2m')).spans).toEqual([]);
    expect((await box.events('--schedule', '9am-5pm')).summary).toMatchObject({
      events: 0,
      coverage: { scheduledMs: 8 * HOUR },
    });
    expect((await box.events('--schedule', '8am-9am', '--since', '1h')).spans).toHaveLength(1);
  });

  test('turns answers round for a rule that waits for the opposite', async () => {
    const box = boxWithPast('rule: Alert me when the shelf is not empty\nquestion: Is a shelf empty?\nexpects: "no"\n');
    box.answered(10 * MINUTE, [...times(10, 0.9), ...times(10, 0.2)]);
    expect((await box.events()).summary).toMatchObject({ events: 1, yes: 10, no: 10 });
    // The same answers as kept by a rule that expected no.
    box.answered(5 * MINUTE, times(10, 0.9), 'no');
    expect((await box.events('--since', '5m')).summary).toMatchObject({ events: 1, yes: 10, no: 0 });
  });

  test('an unknown stays unknown with its cause, and is lost coverage', async () => {
    const box = boxWithPast();
    box.answered(MINUTE, [...times(5, 0.8), ...times(10, -1), ...times(15, 0.8)]);
    const { summary, spans } = await box.events('--since', '1m');
    expect(summary).toMatchObject({ unknown: 10, events: 1, coverage: { lostMs: { dark: 20_000 } } });
    expect(spans[0]?.[0]).toBe(-30);
  });
});

describe('watchword backtest on kept pictures', () => {
  test('asks each picture once, and not again for another threshold', async () => {
    const box = boxWithPast();
    box.showed('full', 300_000, 58_000);
    box.showed('empty', 240_000, 58_000);
    box.showed('full', 180_000, 58_000);
    const first = await box.events('--since', '5m');
    expect(first.spans).toEqual([[-240, -182]]);
    expect(first.summary).toMatchObject({ looks: { stored: 0, pictures: 90, asked: 3 } });
    expect((await box.events('--since', '5m', '--for', '2m')).summary).toMatchObject({
      events: 0,
      looks: { asked: 0 },
    });
    expect(box.model.calls.filter((call) => call.startsWith('look'))).toEqual(['look full', 'look empty', 'look full']);
    expect(box.model.calls.filter((call) => call.startsWith('open'))).toHaveLength(1);
    expect(box.model.held).toBe(0);
  });

  test('asks pictures only of the time in which nobody had asked, and in the hours of the rule', async () => {
    const box = boxWithPast();
    box.showed('full', 4 * MINUTE, 58_000);
    box.showed('empty', 2 * MINUTE, 58_000);
    box.answered(4 * MINUTE, times(30, 0.9));
    const { summary } = await box.events('--since', '5m');
    expect(summary).toMatchObject({ looks: { stored: 30, pictures: 30, asked: 1 }, yes: 60 });
    expect((await box.events('--schedule', '10am-11am')).summary).toMatchObject({ looks: { pictures: 0, asked: 0 } });
  });

  test('takes pictures that could not be judged as unknown, without asking', async () => {
    const box = boxWithPast();
    box.showed('empty', 2 * MINUTE, 58_000, 'covered');
    const { summary } = await box.events('--since', '2m');
    expect(summary).toMatchObject({ unknown: 30, events: 0, looks: { asked: 0 } });
  });

  test('a sentence that was never asked can be tried as well', async () => {
    const box = boxWithPast();
    box.showed('empty', 4 * MINUTE, 2 * MINUTE);
    const { io } = await box.run('Critical: alert me when a crate is empty', '--camera', 'aisle-1', '--json');
    const summary = io.lines().at(-1)?.summary;
    expect(summary).toMatchObject({ rule: 'sentence', question: 'Is a crate empty?', events: 1, looks: { asked: 1 } });
  });

  test('is interrupted between two pictures, and goes on where it was', async () => {
    const box = boxWithPast();
    for (let minute = 10; minute > 0; minute--) box.showed(`empty ${minute}`, minute * MINUTE, 58_000);
    const stopping = new AbortController();
    const io = recordIo({ signal: stopping.signal });
    const asking = new ScriptedModel((picture) => {
      if (picture === 'empty 7') stopping.abort(new Error('stopped by SIGINT'));
      return { score: 0.9 };
    });
    const args = ['empty-shelf', '--camera', 'aisle-1', '--config', box.config];
    expect(await runCommand(createBacktest(asking.open), args, io)).toBe(1);
    expect(io.err()).toContain('interrupted');
    expect(asking.calls.filter((call) => call.startsWith('look'))).toHaveLength(4);
    expect(asking.calls.at(-1)).toBe('close');
    expect((await box.events()).summary).toMatchObject({ looks: { asked: 6 } });
  });

  test('shows its progress on a terminal', async () => {
    const box = boxWithPast();
    box.showed('empty', MINUTE, 58_000);
    const io = recordIo({ isTTY: true });
    await runCommand(
      createBacktest(box.model.open),
      ['empty-shelf', '--camera', 'aisle-1', '--config', box.config],
      io,
    );
    expect(io.err()).toContain('1/1  pictures asked');
    expect(io.out()).toContain('1 event, 1 alert, 1.0 a day');
  });
});

describe('watchword backtest for people', () => {
  test('shows scores, events and what they rest on', async () => {
    const box = boxWithPast();
    box.answered(12 * HOUR, [...times(10, 0.1), ...times(20, 0.8), ...times(20, 0.1)]);
    const { io, code } = await box.run('empty-shelf', '--camera', 'aisle-1');
    expect(code).toBe(0);
    expect(io.out()).toMatch(/ {2}\.{36}#\.{35}\n/);
    expect(io.out()).toContain('Is a shelf empty?  yes for 10s, raise 0.6, clear 0.4, on always');
    expect(io.out()).toMatch(/started +lasted +ended by +score +alert\n.* 38s +clear +0\.80 +yes\n/);
    expect(io.out()).toContain(
      '50 looks: 50 as asked then, 0 from kept pictures (0 asked now); yes 20, no 30, unknown 0',
    );
    expect(io.out()).toMatch(/watched 0\.1 % of the 1d that it was on; longest gap 12h/);
  });

  test('says what is wrong and what to do', async () => {
    const box = boxWithPast();
    const wrong = async (...args: string[]) => {
      const { code, io } = await box.run(...args);
      return `${code} ${io.err()}`;
    };
    expect(await wrong()).toMatch(/^2 .*there is no rule/);
    expect(await wrong('empty-self', '--camera', 'aisle-1')).toMatch(/^2 .*Did you mean empty-shelf/);
    expect(await wrong('empty-shelf')).toMatch(/^2 .*aisle-1, aisle-2/);
    expect(await wrong('empty-shelf', '--camera', 'aisle-7')).toMatch(/^2 .*Did you mean aisle-1/);
    const zoned = 'Alert me when a shelf is empty in zone top';
    expect(await wrong(zoned, '--camera', 'aisle-2')).toMatch(/^[12] .*zone/);
    expect(await wrong('empty-shelf', '--camera', 'aisle-1', '--raise', '0.3', '--clear', '0.5')).toMatch(/^2 .*above/);
    expect(await wrong('empty-shelf', '--camera', 'aisle-1', '--since', 'soon')).toMatch(/^2 .*24h/);
    expect(await wrong('empty-shelf', '--camera', 'aisle-1', '--schedule', 'whenever')).toMatch(/^2 .*schedule/);
    expect(await wrong('Alert me when it smells twice a day', '--camera', 'aisle-1')).toMatch(/^1 .*refused/);
  });
});

test('a box that asks a server asks it about the past too, once per picture, and never its stand-by', async () => {
  const { run, showed, config } = boxWithPast();
  const server = new ChatServer();
  await server.start();
  onTestFinished(() => server.stop());
  writeFileSync(config, `${readFileSync(config, 'utf8')}model: { endpoint: "${server.url}", standby: {} }\n`);
  const jpeg = await sharp({ create: { width: 32, height: 18, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer();
  showed(jpeg, 2 * HOUR, 20_000);
  const summary = async () => {
    const { code, io } = await run('empty-shelf', '--camera', 'aisle-1', '--json');
    expect(io.err()).toBe('');
    expect(code).toBe(0);
    return io.lines().at(-1);
  };
  expect(await summary()).toMatchObject({ summary: { events: 1, looks: { asked: 1 } } });
  expect(server.chats).toHaveLength(1);
  expect(server.chats[0]?.body.messages[0].content[1].text).toContain('Is a shelf empty?');
  expect(await summary()).toMatchObject({ summary: { events: 1, looks: { asked: 0 } } });
  expect(server.chats).toHaveLength(1);

  server.respond = (_, response) => json(response, 401, { error: { message: 'the key has expired' } });
  showed(jpeg, HOUR, 20_000);
  const failed = await run('empty-shelf', '--camera', 'aisle-1', '--json');
  expect(failed.code).toBe(1);
  expect(failed.io.err()).toContain('the key has expired');
  const wrong = await run('empty-shelf', '--camera', 'aisle-1', '--dtype', 'q8');
  expect(wrong.code).toBe(2);
});
