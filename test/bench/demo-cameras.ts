import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const DEMO_FOLDER = join(ROOT, 'models/watchword-tiny/demo');
/** Which rule may fire on which clip; anything else is a false event. */
const SCRIPTED: Record<string, string> = {
  shelf_runs_empty: 'empty-shelf',
  spill_cleaned: 'spill',
  robot_falls: 'fallen-robot',
  exit_blocked: 'blocked-exit',
  no_vest: 'no-vest',
  road_incident: 'traffic-hazard',
};
const CLIPS = Object.keys(SCRIPTED);
const PLACES = [['shelf_runs_empty', 'spill_cleaned'], ['robot_falls', 'exit_blocked', 'no_vest'], ['road_incident']];

/**
 * Writes a configuration of `cameras` demo cameras, their ids telling which clip each plays, and the shipped rules for
 * them; returns its file. Those after the first six play theirs as `file:` sources; the last `withClips` keep clips.
 */
export function writeDemoConfig(folder: string, options: { cameras: number; withClips?: number }): string {
  const { cameras: count, withClips = 0 } = options;
  const cameras = Array.from({ length: count }, (_, i) => {
    const clip = CLIPS[i % CLIPS.length] ?? '';
    const isFirst = i < CLIPS.length;
    const source = isFirst ? `demo:${clip}` : `file:${join(DEMO_FOLDER, `${clip}.mp4`)}`;
    const id = `${idOf(clip)}${isFirst ? '' : `-${Math.floor(i / CLIPS.length) + 1}`}`;
    return `  ${id}: { source: "${source}"${i >= count - withClips ? ', clips: true' : ''} }`;
  });
  for (const [clip, rule] of Object.entries(SCRIPTED)) {
    // The shipped rules name the demo store's cameras; here each watches all that play a clip of its kind of place.
    const text = readFileSync(join(ROOT, 'rules', `${rule}.yaml`), 'utf8').replace(
      /^cameras:.*$/m,
      `cameras: [${placesLike(clip).join(', ')}]`,
    );
    writeFileSync(join(folder, `${rule}.yaml`), text);
  }
  const file = join(folder, 'watchword.conf');
  writeFileSync(
    file,
    `site: { id: bench, timeZone: UTC }\ncameras:\n${cameras.join('\n')}\nrules: .\ndata: ./data\nweb: { port: 0 }\nmqtt: { port: 0 }\n`,
  );
  return file;
}

/** Whether the clip that this camera plays shows what this rule asks about. */
export function isScripted(camera: string, rule: string): boolean {
  return SCRIPTED[camera.replace(/-\d+$/, '').replaceAll('-', '_')] === rule;
}

const idOf = (clip: string): string => clip.replaceAll('_', '-');

function placesLike(clip: string): string[] {
  return (PLACES.find((place) => place.includes(clip)) ?? []).map((each) => `${idOf(each)}*`);
}
