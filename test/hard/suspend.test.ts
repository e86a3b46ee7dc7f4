import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { until } from '../support/until.ts';

const DAEMON = fileURLToPath(new URL('suspend-daemon.js', import.meta.url));
/** Of `for` and of the clear time in suspend-daemon.js, less what cameras' times may jitter. */
const HOLD_MS = 1_400;
/** Twice as long: time that nobody saw would be enough by itself. */
const ASLEEP_MS = 3_000;

let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

/** What the process said, as words with its monotonic ms. */
function start(): { said: Array<{ word: string; at: number }>; show: (value: 'yes' | 'no') => void } {
  const said: Array<{ word: string; at: number }> = [];
  const running = spawn(process.execPath, [DAEMON], { stdio: ['pipe', 'pipe', 'inherit'] });
  child = running;
  createInterface({ input: running.stdout }).on('line', (line) => {
    const [word = '', at = ''] = line.split(' ');
    said.push({ word, at: Number(at) });
  });
  return { said, show: (value) => void running.stdin.write(`${value}\n`) };
}

/** Stopped as by `kill -STOP`, or a virtual machine that is paused, for a while. */
async function suspend(): Promise<void> {
  child?.kill('SIGSTOP');
  const state = (): string => readFileSync(`/proc/${child?.pid}/stat`, 'utf8').split(') ')[1] ?? '';
  await until(() => state().startsWith('T'), 'the process to stand still');
  await systemClock.sleep(ASLEEP_MS);
  child?.kill('SIGCONT');
}

describe.skipIf(!existsSync('/proc/self/stat'))('a process that is suspended', () => {
  test('neither opens nor ends an event on the strength of time that nobody saw', { timeout: 60_000 }, async () => {
    const { said, show } = start();
    const at = (word: string): number => said.find((each) => each.word === word)?.at ?? Number.NaN;
    const has = (word: string): boolean => said.some((each) => each.word === word);
    /** The first observation after the longest silence since the word was first said. */
    const wokeAfter = (word: string): number => {
      const times = said.filter((each) => each.at >= at(word)).map((each) => each.at);
      const gaps = times.map((time, index) => time - (times[index - 1] ?? time));
      return times[gaps.indexOf(Math.max(...gaps))] ?? Number.NaN;
    };
    show('yes');
    await until(() => said.filter(({ word }) => word === 'yes').length >= 3, 'a few yes');
    await suspend();
    await until(() => has('new'), 'the event to open');
    expect(at('new') - wokeAfter('yes')).toBeGreaterThanOrEqual(HOLD_MS);

    const before = said.length;
    show('no');
    await until(() => said.slice(before).filter(({ word }) => word === 'no').length >= 3, 'a few no');
    await suspend();
    await until(() => has('end'), 'the event to end');
    expect(at('end') - wokeAfter('new')).toBeGreaterThanOrEqual(HOLD_MS);
    expect(said.filter(({ word }) => word === 'new' || word === 'end').map(({ word }) => word)).toEqual(['new', 'end']);
  });
});
