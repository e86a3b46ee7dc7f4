import { pino } from 'pino';
import { maskSecrets } from './secrets.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Stable keys only (`camera`, `rule`, `event`, `error`, `ms`...): people and machines search by them. */
export type LogFields = Record<string, unknown>;

/** What every part logs through. `child` binds fields, such as the camera a part works for. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

type Sink = (level: LogLevel, message: string, fields: LogFields) => void;

/** A logger over any sink: bound fields are merged, errors become their text, secrets are masked in every value. */
export function createLogger(sink: Sink, bound: LogFields = {}): Logger {
  const log =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      sink(level, maskSecrets(message), maskFields({ ...bound, ...fields }));
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (fields) => createLogger(sink, { ...bound, ...fields }),
  };
}

function maskFields(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, masked(value, 0)]));
}

/** Deeper than this nobody logs on purpose. */
const MOST_DEPTH = 4;

function masked(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskSecrets(value);
  if (value instanceof Error) return maskSecrets(value.message);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MOST_DEPTH) return '...';
  if (Array.isArray(value)) return value.map((each) => masked(each, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, masked(each, depth + 1)]));
}

/** What is logged, while the program runs. */
export interface LevelControl {
  get(): LogLevel;
  set(level: LogLevel): void;
}

/** JSON lines on standard error through pino: standard output belongs to a command's result. */
export function stderrLogger(level: LogLevel): Logger {
  return adjustableLogger(level).logger;
}

/** The same with a level that can be changed. */
export function adjustableLogger(level: LogLevel): { logger: Logger; level: LevelControl } {
  let now = level;
  const out = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
  return {
    logger: createLogger((at, message, fields) => out[at](fields, message)),
    level: {
      get: () => now,
      set(next) {
        now = next;
        out.level = next;
      },
    },
  };
}

export const silentLogger: Logger = createLogger(() => undefined);
