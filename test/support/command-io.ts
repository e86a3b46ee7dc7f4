import type { CommandIo } from '../../src/cli/command.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ManualClock } from './manual-clock.ts';

/** A process edge that keeps what a command writes. */
export interface RecordedIo extends CommandIo {
  readonly clock: ManualClock;
  out(): string;
  err(): string;
  /** Standard output as JSON Lines. */
  lines(): Array<Record<string, unknown>>;
}

export function recordIo(options: { isTTY?: boolean; signal?: AbortSignal } = {}): RecordedIo {
  let out = '';
  let err = '';
  return {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    signal: options.signal ?? new AbortController().signal,
    clock: new ManualClock(),
    logger: silentLogger,
    isTTY: options.isTTY ?? false,
    out: () => out,
    err: () => err,
    lines: () =>
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line): Record<string, unknown> => JSON.parse(line)),
  };
}
