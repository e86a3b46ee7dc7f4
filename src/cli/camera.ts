import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { paintMasks } from '../cameras/masks.ts';
import { describeDevice } from '../cameras/onvif.ts';
import { clipNote } from '../cameras/onvif-streams.ts';
import { type ProbeResult, probeCamera } from '../cameras/probe.ts';
import { type CameraSettings, cameraSettingsSchema } from '../cameras/settings.ts';
import { parseSourceAddress } from '../cameras/source-address.ts';
import { type CameraEntry, entryText, withCamera } from '../config/camera-entry.ts';
import { loadSettings } from '../config/load.ts';
import { settingsSchema } from '../config/settings.ts';
import { kindOf, toError, WatchwordError } from '../platform/errors.ts';
import { formatFinding, parseYaml } from '../platform/findings.ts';
import { nearest } from '../platform/nearest.ts';
import { maskSecrets } from '../platform/secrets.ts';
import { discover, streamText } from './camera-discover.ts';
import { type Command, type CommandIo, EXIT_DONE, EXIT_FAILED, parseOptions, UsageError } from './command.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DEMO_CONFIG = resolve(ROOT, 'src/demo/demo.yaml');
const DEMO_FOLDER = resolve(ROOT, 'models/watchword-tiny/demo');

const OPTIONS = {
  config: { type: 'string' },
  picture: { type: 'string' },
  name: { type: 'string' },
  user: { type: 'string' },
  password: { type: 'string' },
  every: { type: 'string' },
  transport: { type: 'string' },
  decoder: { type: 'string' },
  onvif: { type: 'string' },
  clips: { type: 'boolean' },
  timeout: { type: 'string' },
  interface: { type: 'string' },
  untested: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

export const camera: Command = {
  name: 'camera',
  summary: 'find cameras, try one, or add one to the configuration',
  usage:
    'watchword camera test URL|ID [--picture FILE] [--json] | add ID URL|--onvif HOST [--config FILE] [--untested] | discover [--json]',
  details: `test   connects as the sampling would and tells codec, size, frame rate, keyframe distance and what it costs; takes
       8 to 50 s. URL is rtsp://, rtsps://, http(s)://, file: or demo:; ID is a camera of the configuration.
add    tests the camera and prints the entry for the configuration; with --config puts it into that file, which keeps
       its comments and everything else. --onvif asks a camera itself for its streams: the small one is sampled, clips
       are cut from the large one.
discover  lists the ONVIF cameras of the local networks; with --user and --password their streams as well: the login is
       then tried, never in plain words, at each of them.

options:
  --picture FILE     test: keep the picture, as JPEG
  --config FILE      the configuration (test: where ID stands, default the demo store; add: the file to put it into)
  --user NAME        login, when it is not part of the URL
  --password WORD    may hold any character; other users of this machine can see it while the command runs
  --name WORDS       add: the name people see
  --every TIME       one picture per this long (default 2s)
  --transport T      tcp (default) or udp, for RTSP
  --decoder D        software (default), auto, cuda, vaapi, v4l2m2m or nvv4l2dec
  --onvif HOST       add: host or host:port of an ONVIF camera, as discover lists it, instead of a URL
  --clips            add: keep a clip with each event
  --untested         add: do not try the camera first
  --timeout TIME     discover: how long to wait for answers (default 4s)
  --interface NAME   discover: ask on this network only, such as eth1
  --json             test: one line of JSON; discover: one line for each camera

examples:
  watchword camera test rtsp://192.168.1.20/stream1 --user watchword --password secret --picture aisle.jpg
  watchword camera add aisle-1 rtsp://192.168.1.20/stream1 --name "Aisle 1" --config /etc/watchword/watchword.yaml
  watchword camera add dock --onvif 192.168.1.21 --user watchword --password secret --config watchword.yaml`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    const [what, first, second, extra] = positionals;
    if (what !== 'test' && what !== 'add' && what !== 'discover')
      throw new UsageError(what === undefined ? 'test, add or discover?' : `no "camera ${what}"`);
    if (what === 'discover' && first === undefined) return await discover(values, io);
    if (what === 'discover') throw new UsageError(`unexpected "${first}"`);
    if (extra !== undefined || (what === 'test' && second !== undefined))
      throw new UsageError(`unexpected "${extra ?? second}"`);
    if (first === undefined)
      throw new UsageError(`"camera ${what}" needs ${what === 'test' ? 'a URL or an id' : 'an id'}`);
    if (what === 'test') return await test(first, values, io);
    if ((second === undefined) === (values.onvif === undefined))
      throw new UsageError('"camera add" needs an id and a URL, or an id and --onvif HOST');
    return await add(first, await sourcesOf(second, values, io), values, io);
  },
};

interface Target {
  readonly settings: CameraSettings;
  /** Where relative clips start from. */
  readonly baseFolder: string;
  /** The source without its password. */
  readonly shown: string;
}

async function test(target: string, values: Values, io: CommandIo): Promise<number> {
  const { picture: file, json } = values;
  if (file !== undefined && !/\.jpe?g$/i.test(file)) throw new UsageError('--picture takes a file that ends in .jpg');
  const { settings, baseFolder, shown } = targetOf(target, values);
  const found = await probe(settings, baseFolder, shown, io);
  if (file !== undefined) {
    const { jpeg } = await paintMasks(found.picture, settings.masks, settings.quality);
    await writeFile(file, jpeg);
  }
  io.stdout(json ? `${JSON.stringify(asJson(found, shown))}\n` : asText(found, settings, shown, file));
  return EXIT_DONE;
}

/** Tries the camera; a failure names it without its password. */
async function probe(settings: CameraSettings, baseFolder: string, shown: string, io: CommandIo): Promise<ProbeResult> {
  io.stderr(`trying ${shown}, up to 50 s\n`);
  try {
    return await probeCamera(settings, { clock: io.clock, demoFolder: DEMO_FOLDER, baseFolder }, io.signal);
  } catch (thrown) {
    const error = toError(thrown);
    const hint = error instanceof WatchwordError ? error.hint : undefined;
    throw new WatchwordError(kindOf(error), maskSecrets(error.message), {
      where: shown,
      cause: error,
      ...(hint !== undefined && { hint }),
    });
  }
}

function targetOf(target: string, values: Values): Target {
  if (target.includes(':')) {
    const settings = settingsOf(entryOf({ source: target }, values));
    return { settings, baseFolder: process.cwd(), shown: shownSource(settings) };
  }
  const file = values.config ?? DEMO_CONFIG;
  const { cameras } = loadSettings(file);
  const settings = Object.hasOwn(cameras, target) ? cameras[target] : undefined;
  if (settings) return { settings, baseFolder: dirname(resolve(file)), shown: shownSource(settings) };
  const [near] = nearest(target, Object.keys(cameras), 1);
  throw new WatchwordError('not-found', `there is no camera "${target}"`, {
    where: file,
    hint: near ? `Did you mean "${near}"?` : 'Give a URL such as rtsp://192.168.1.20/stream1, or --config FILE',
  });
}

/** What the command line says of a camera, as a person would write it into the configuration. */
function entryOf({ source, mainSource }: Sources, values: Values): CameraEntry {
  const { name, user, password, every, transport, decoder, clips } = values;
  const given = Object.entries({ name, source, mainSource, user, password, every, transport, decoder, clips });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function settingsOf(entry: CameraEntry): CameraSettings {
  const parsed = cameraSettingsSchema.safeParse(entry);
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 || path[0] === 'source' ? message : `--${path.join('.')} ${message}`,
  );
  throw new WatchwordError('invalid-input', maskSecrets(words.join('; ')));
}

function shownSource(settings: CameraSettings): string {
  return parseSourceAddress(settings.source, settings).masked;
}

function asJson(found: ProbeResult, source: string) {
  const { codec, width, height, fps, keyframeMs, firstPictureMs, cpuShare, notes, picture } = found;
  return {
    source,
    codec: codec ?? null,
    width: width ?? null,
    height: height ?? null,
    fps: fps ?? null,
    keyframeMs: keyframeMs ?? null,
    firstPictureMs: Math.round(firstPictureMs),
    cpuPercent: cpuShare === undefined ? null : Math.round(cpuShare * 1_000) / 10,
    picture: { width: picture.width, height: picture.height, bytes: picture.jpeg.length },
    notes,
  };
}

function asText(found: ProbeResult, settings: CameraSettings, source: string, file: string | undefined): string {
  const { codec, width, height, fps, keyframeMs, firstPictureMs, cpuShare, picture } = found;
  const stream = [
    codec ?? 'unknown codec',
    ...(width ? [`${width} x ${height}`] : []),
    ...(fps ? [`${Math.round(fps * 10) / 10} frames/s`] : []),
    ...(keyframeMs ? [`a keyframe every ${seconds(keyframeMs)}`] : []),
  ];
  const rows: Array<[string, string]> = [
    ['stream', stream.join(', ')],
    [
      'picture',
      `${picture.width} x ${picture.height}, ${Math.round(picture.jpeg.length / 1024)} KB, the first after ${seconds(firstPictureMs)}`,
    ],
    ['sampling', `one picture per ${seconds(settings.everyMs)}`],
    ['cost', cpuShare === undefined ? 'no decoder runs' : `${(cpuShare * 100).toFixed(1)} % of a CPU core`],
    ...found.notes.map((note): [string, string] => ['note', note]),
    ...(file === undefined ? [] : [['kept as', file] satisfies [string, string]]),
  ];
  return `${source}\n${rows.map(([title, words]) => `  ${title.padEnd(10)}${words}\n`).join('')}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

interface Sources {
  readonly source: string;
  /** The large stream, when it is another one. */
  readonly mainSource?: string | undefined;
}

/** The address as given, or those that the device itself tells. */
async function sourcesOf(url: string | undefined, values: Values, io: CommandIo): Promise<Sources> {
  const { onvif, user, password } = values;
  if (url !== undefined || onvif === undefined) return { source: url ?? '' };
  io.stderr(`asking ${maskSecrets(onvif)} for its streams\n`);
  const { main, sub } = await describeDevice(onvif, { user, password }, io, io.signal);
  io.stderr(`${sub ? `sub   ${streamText(sub)}\n` : ''}main  ${streamText(main)}\n`);
  const note = values.clips ? clipNote(main) : undefined;
  if (note !== undefined) io.stderr(`note  ${note}\n`);
  return sub ? { source: sub.source, mainSource: main.source } : { source: main.source };
}

async function add(id: string, sources: Sources, values: Values, io: CommandIo): Promise<number> {
  const entry = entryOf(sources, values);
  const settings = settingsOf(entry);
  // Checked before the camera is tried, so that a taken id does not cost a minute.
  const file = values.config;
  const before =
    file === undefined ? undefined : await readFile(file, 'utf8').catch((error: unknown) => refuse(file, error));
  const edited = withCamera(before ?? '', id, entry);
  const { findings } = parseYaml(edited, file ?? 'the entry', settingsSchema);
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    io.stderr(`${errors.map((finding) => maskSecrets(formatFinding(finding))).join('\n')}\n`);
    return EXIT_FAILED;
  }
  if (!values.untested) {
    const found = await probe(
      settings,
      file === undefined ? process.cwd() : dirname(resolve(file)),
      shownSource(settings),
      io,
    );
    io.stderr(asText(found, settings, shownSource(settings), undefined));
  }
  if (file === undefined) {
    io.stdout(`cameras:\n${entryText(id, entry).replace(/^(?=.)/gm, '  ')}`);
    return EXIT_DONE;
  }
  await replaceFile(file, edited);
  io.stdout(`${file}: added ${id}, ${shownSource(settings)}\n`);
  io.stderr('Restart Watchword to watch it.\n');
  return EXIT_DONE;
}

/** Atomic: a reader sees the old or the new text, and a power cut leaves one of the two. */
async function replaceFile(file: string, text: string): Promise<void> {
  try {
    const { mode } = await stat(file);
    const draft = file.replace(/([^/]*)$/, `.$1.${randomBytes(4).toString('hex')}`);
    await writeFile(draft, text, { mode, flush: true });
    await rename(draft, file);
  } catch (error) {
    refuse(file, error);
  }
}

function refuse(file: string, thrown: unknown): never {
  const error = toError(thrown);
  const isMissing = 'code' in error && error.code === 'ENOENT';
  throw new WatchwordError(
    isMissing ? 'not-found' : 'unavailable',
    isMissing ? 'there is no such configuration file' : `the configuration cannot be changed: ${error.message}`,
    { where: file, cause: error },
  );
}
