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
  const masked: LogFields = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value instanceof Error) masked[key] = maskSecrets(value.message);
    else masked[key] = typeof value === 'string' ? maskSecrets(value) : value;
  }
  return masked;
}

/** JSON lines on standard error through pino: standard output belongs to a command's result. */
export function stderrLogger(level: LogLevel): Logger {
  const out = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
  return createLogger((at, message, fields) => out[at](fields, message));
}

export const silentLogger: Logger = createLogger(() => undefined);
