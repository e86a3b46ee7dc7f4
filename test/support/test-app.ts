import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, startApp } from '../../src/app.ts';
import { ConfigFile } from '../../src/config/config-file.ts';
import { loadSettings } from '../../src/config/load.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLogger, type LogFields } from '../../src/platform/logger.ts';
import type { VisionModel } from '../../src/vision/model.ts';
import { temporaryFolder } from './daemon.ts';

const MODELS = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));

export interface TestApp {
  readonly app: App;
  readonly folder: string;
  /** Every log line so far: message and fields. */
  readonly lines: Array<{ level: string; message: string; fields: LogFields }>;
  writeRule(name: string, text: string): void;
  stop(): Promise<void>;
}

/** A model whose scores the test gives per question; every other part of the app is real. */
export function fakeModel(scoreOf: (question: string) => number): VisionModel {
  let id = 0;
  return {
    identity: { name: 'fake', dtype: 'none', device: 'cpu', weightsHash: 'f'.repeat(64) },
    look: async () => ({ id: ++id, ms: 0 }),
    score: async (_look, questions) =>
      questions.map((question) => ({ question, score: scoreOf(question), mass: 1, ms: 0 })),
    async *generate() {
      yield 'nothing';
    },
    release: async () => undefined,
    close: async () => undefined,
  };
}

/** A few seconds of moving picture as a clip for `file:` cameras. */
export function makeClip(file: string, seconds = 4): void {
  const source = `testsrc=size=320x180:rate=8:duration=${seconds}`;
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-g', '8', '-pix_fmt', 'yuv420p', '-y', file]);
}

/** The real app around a fake model, with one `file:` camera `cam`, on free ports and in a folder of its own. */
export async function startTestApp(options: {
  rules: Record<string, string>;
  scoreOf: (question: string) => number;
  every?: string;
  /** More cameras, as lines of YAML below `cameras:`. */
  cameras?: string;
}): Promise<TestApp> {
  const folder = temporaryFolder();
  mkdirSync(join(folder.path, 'rules'));
  const writeRule = (name: string, text: string): void =>
    writeFileSync(join(folder.path, 'rules', `${name}.yaml`), text);
  for (const [name, text] of Object.entries(options.rules)) writeRule(name, text);
  makeClip(join(folder.path, 'clip.mp4'));
  const config = join(folder.path, 'watchword.yaml');
  writeFileSync(
    config,
    `site: { id: test, timeZone: UTC }
cameras:
  cam: { source: "file:clip.mp4", every: ${options.every ?? '200ms'} }
${options.cameras ?? ''}
web: { port: 0 }
mqtt: { port: 0 }
`,
  );
  const lines: TestApp['lines'] = [];
  const stopped = new AbortController();
  const app = await startApp(
    {
      settings: loadSettings(config),
      config: new ConfigFile({ file: config }),
      version: '0.0.0-test',
      clock: systemClock,
      logger: createLogger((level, message, fields) => lines.push({ level, message, fields })),
      demoFolder: join(MODELS, 'demo'),
      bundledModel: MODELS,
      baseFolder: folder.path,
      loadModel: async () => fakeModel(options.scoreOf),
    },
    stopped.signal,
  );
  return {
    app,
    folder: folder.path,
    lines,
    writeRule,
    async stop() {
      await app.stop();
      folder.remove();
    },
  };
}
