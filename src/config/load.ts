import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { toError, WatchwordError } from '../platform/errors.ts';
import { type Finding, formatFinding, parseYaml } from '../platform/findings.ts';
import { maskSecrets } from '../platform/secrets.ts';
import { type Settings, settingsSchema } from './settings.ts';

/** A configuration that is larger than this is not one. */
const MAX_BYTES = 1024 * 1024;

export interface LoadedSettings {
  readonly file: string;
  /** Present only without errors. Paths are absolute; deeply frozen. */
  readonly settings?: Settings;
  readonly findings: readonly Finding[];
  /** Where a setting stands in the file, for findings about it that are made later. */
  readonly locate: (path: readonly PropertyKey[]) => { line: number; column: number };
}

/** Reads a configuration file and reports everything that is wrong with it at once. Throws only when it cannot be read. */
export function readSettings(file: string): LoadedSettings {
  const text = readText(file);
  const parsed = parseYaml(text, file, settingsSchema);
  const findings = parsed.findings.map((finding) => ({ ...finding, message: maskSecrets(finding.message) }));
  const { locate } = parsed;
  if (!parsed.value) return { file, findings, locate };
  const folder = dirname(resolve(file));
  const { model, backup, web } = parsed.value;
  const settings = {
    ...parsed.value,
    model: { ...placed(model, folder), standby: model.standby && placed(model.standby, folder) },
    web: typeof web.tls === 'object' ? { ...web, tls: resolved(web.tls, folder) } : web,
    rules: resolve(folder, parsed.value.rules),
    data: resolve(folder, parsed.value.data),
    backup: { ...backup, ...(backup.folder !== undefined && { folder: resolve(folder, backup.folder) }) },
  };
  findings.push(...doubts(settings, file, locate));
  return { file, settings: deepFreeze(settings), findings, locate };
}

/** The settings of a file, or one error that lists all findings. */
export function loadSettings(file: string): Settings {
  const { settings, findings } = readSettings(file);
  if (settings) return settings;
  const lines = findings.filter((finding) => finding.severity === 'error').map(formatFinding);
  throw new WatchwordError('invalid-input', `the configuration cannot be used\n${lines.join('\n')}`, {
    where: file,
    hint: 'Mend these lines, then run watchword check',
  });
}

function resolved({ certFile, keyFile }: { certFile: string; keyFile: string }, folder: string) {
  return { certFile: resolve(folder, certFile), keyFile: resolve(folder, keyFile) };
}

function placed<T extends { readonly package?: string | undefined }>(model: T, folder: string): T {
  return model.package === undefined ? model : { ...model, package: resolve(folder, model.package) };
}

function doubts(settings: Settings, file: string, locate: LoadedSettings['locate']): Finding[] {
  const doubt = (path: readonly string[], message: string, hint: string): Finding => {
    return { file, ...locate(path), severity: 'warning', message, hint };
  };
  const known = Object.keys(settings.cameras);
  const asked = settings.nvidia?.query?.camera;
  return [
    ...(known.length === 0
      ? [
          doubt(
            ['cameras'],
            'there is no camera',
            'Add one under "cameras:", such as "aisle-1: { source: rtsp://192.168.1.20/stream1 }"',
          ),
        ]
      : []),
    ...(asked !== undefined && !known.includes(asked)
      ? [doubt(['nvidia', 'query', 'camera'], `there is no camera "${asked}"`, `Known: ${known.join(', ')}`)]
      : []),
  ];
}

function readText(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) {
      throw new WatchwordError('too-large', 'the configuration is larger than 1 MB', {
        where: file,
        hint: 'Is it the right file?',
      });
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof WatchwordError) throw error;
    const { message } = toError(error);
    const missing = message.startsWith('ENOENT');
    throw new WatchwordError(
      missing ? 'not-found' : 'invalid-input',
      missing ? 'there is no such configuration file' : message,
      {
        where: file,
        hint: missing
          ? 'Copy src/config/example.yaml there and put your cameras in'
          : 'Check the path and its permissions',
        cause: error,
      },
    );
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
