import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Clock } from '../platform/clock.ts';
import { describeError, WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { nearest } from '../platform/nearest.ts';

/** What a subcommand may touch of the process. Tests pass their own. */
export interface CommandIo {
  /** Results, and with `--json` JSON Lines and nothing else. Written as it is: bring your own line ends. */
  stdout(text: string): void;
  /** Everything that is not the result: progress, warnings, errors. */
  stderr(text: string): void;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether standard error is a terminal: only then may a progress line be redrawn. */
  readonly isTTY: boolean;
}

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_WRONG_USAGE = 2;

/**
 * One subcommand, one file. `run` gets the arguments after the subcommand's name and resolves with the exit code, or
 * throws: `runCommand` turns what is thrown into a message on standard error and a code.
 */
export interface Command {
  readonly name: string;
  /** Half a sentence for the list of commands. */
  readonly summary: string;
  /** One line, from `watchword` on. */
  readonly usage: string;
  /** Options and examples for `--help`, ready to print. */
  readonly details?: string;
  run(args: string[], io: CommandIo): Promise<number>;
}

/** The words on the command line are wrong: exit code 2 and the usage line. */
export class UsageError extends WatchwordError {
  constructor(message: string, hint?: string) {
    super('invalid-input', message, hint === undefined ? {} : { hint });
    this.name = 'UsageError';
  }
}

/** Runs a command as the process does: `--help` is answered, whatever is thrown becomes one line and an exit code. */
export async function runCommand(command: Command, args: string[], io: CommandIo): Promise<number> {
  const separator = args.indexOf('--');
  const options = separator < 0 ? args : args.slice(0, separator);
  if (options.includes('--help') || options.includes('-h')) {
    io.stdout(helpText(command));
    return EXIT_DONE;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    if (io.signal.aborted) {
      io.stderr(`watchword ${command.name}: interrupted\n`);
      return EXIT_FAILED;
    }
    io.stderr(`watchword ${command.name}: ${describeError(error)}\n`);
    if (!(error instanceof UsageError)) return EXIT_FAILED;
    io.stderr(`usage: ${command.usage}\n`);
    return EXIT_WRONG_USAGE;
  }
}

export function helpText(command: Command): string {
  return `${command.summary}\n\nusage: ${command.usage}\n${command.details ? `\n${command.details}\n` : ''}`;
}

/** The options a command knows, as `node:util`'s parseArgs describes them. */
export type OptionTable = NonNullable<ParseArgsConfig['options']>;

type Values<T extends OptionTable> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: true; tokens: true }>
>['values'];

export interface ParsedOptions<T extends OptionTable> {
  readonly values: Values<T>;
  /** Words that are no options, before `--`. */
  readonly positionals: string[];
  /** What follows `--`; undefined when there is no `--`. */
  readonly rest: string[] | undefined;
}

/** `node:util`'s parseArgs, strict, with its errors as a UsageError that names the nearest known options. */
export function parseOptions<const T extends OptionTable>(args: string[], options: T): ParsedOptions<T> {
  const separator = args.indexOf('--');
  const head = separator < 0 ? args : args.slice(0, separator);
  try {
    const parsed = parseArgs({ args: head, options, strict: true, allowPositionals: true, tokens: true });
    return {
      values: parsed.values,
      positionals: parsed.positionals,
      rest: separator < 0 ? undefined : args.slice(separator + 1),
    };
  } catch (error) {
    throw asUsageError(error, Object.keys(options));
  }
}

function asUsageError(error: unknown, known: string[]): Error {
  if (!(error instanceof TypeError) || !('code' in error))
    return error instanceof Error ? error : new Error(String(error));
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const option = /'(-[^']*)'/.exec(error.message)?.[1] ?? '';
    const near = nearest(option.replace(/^-+/, ''), known).map((name) => `--${name}`);
    const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Known options: ${list(known)}`;
    return new UsageError(`unknown option ${option}`, hint);
  }
  return new UsageError(error.message.replace(/\n[\s\S]*/, ''));
}

function list(names: string[]): string {
  return names.map((name) => `--${name}`).join(', ');
}

/** A whole number given to an option, held to its bounds. Undefined stays undefined. */
export function wholeNumber(
  text: string | undefined,
  option: string,
  bounds: { min: number; max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new UsageError(`--${option} takes a whole number from ${bounds.min} to ${bounds.max}, not "${text}"`);
}
