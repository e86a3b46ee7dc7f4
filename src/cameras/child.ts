import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { ffmpegMissing } from './causes.ts';

const STDERR_KEPT = 8_192;
const KILL_AFTER_MS = 2_000;

export interface ChildEnd {
  readonly code: number | null;
  /** The last of what it wrote to standard error. May hold a URL: mask before showing. */
  readonly stderr: string;
  /** Present when it could not be started. */
  readonly error?: Error;
}

/** A running media program. */
export interface MediaChild {
  readonly pid: number | undefined;
  /** What it writes to standard output, when `onOutput` does not take it. */
  readonly stdout: Readable;
  /** Resolves when the process is gone and its pipes are closed. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Asks it to end, kills it when it does not within 2 s, and resolves when it is gone. May be called again. */
  stop(): Promise<ChildEnd>;
}

/**
 * Starts a media program with its arguments as a list: no shell ever sees them. Standard input is closed, standard error
 * is kept up to 8 KiB.
 */
export function startChild(options: {
  program: string;
  args: readonly string[];
  clock: Clock;
  onOutput?: (chunk: Buffer) => void;
  /** What it writes to file descriptor 3; closed for it when absent. */
  onSideOutput?: (chunk: Buffer) => void;
  /** What it writes to file descriptor 4; closed for it when absent. */
  onRecording?: (chunk: Buffer) => void;
}): MediaChild {
  const { program, args, clock, onOutput, onSideOutput, onRecording } = options;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe', onSideOutput ? 'pipe' : 'ignore', onRecording ? 'pipe' : 'ignore'],
    windowsHide: true,
  });
  const stderr = keepLast(child, STDERR_KEPT);
  const { stdout } = child;
  if (!stdout) throw new WatchwordError('internal', `${program} has no standard output`);
  if (onOutput) stdout.on('data', onOutput);
  if (onSideOutput) child.stdio[3]?.on('data', onSideOutput);
  if (onRecording) child.stdio[4]?.on('data', onRecording);
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      // A spawn that failed has no process to wait for; other errors (a kill that failed) are followed by close.
      if (child.pid !== undefined) return;
      resolve({ code: null, stderr: stderr(), error: error.code === 'ENOENT' ? ffmpegMissing(program) : error });
    });
    child.once('close', (code) => resolve({ code, stderr: stderr() }));
  });
  return { pid: child.pid, stdout, ended, stop: () => stopChild(child, ended, clock) };
}

/** Asks a process to end, kills it when it does not within 2 s, and resolves when `ended` does. May be called again. */
export async function stopChild<T>(child: ChildProcess, ended: Promise<T>, clock: Clock): Promise<T> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    const gone = new AbortController();
    const escalation = clock.sleep(KILL_AFTER_MS, gone.signal).then(
      () => child.kill('SIGKILL'),
      () => false,
    );
    const end = await ended;
    gone.abort();
    await escalation;
    return end;
  }
  return ended;
}

function keepLast(child: ChildProcess, most: number): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (chunk: string) => {
    text = (text + chunk).slice(-most);
  });
  return () => text;
}
