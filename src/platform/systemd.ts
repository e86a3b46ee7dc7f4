import { spawn } from 'node:child_process';
import { type Clock, every } from './clock.ts';
import type { Logger } from './logger.ts';

/**
 * Tells systemd how the service is (sd_notify(3)): ready, stopping, alive. Does nothing outside systemd. Node cannot open a
 * datagram unix socket, so `systemd-notify` carries the message; the unit has NotifyAccess=all for it.
 */
export interface ServiceNotifier {
  ready(status: string): Promise<void>;
  stopping(): Promise<void>;
  /** Feeds the watchdog at half its period for as long as `alive` says so, until the signal is aborted. */
  feedWatchdog(alive: () => boolean, signal: AbortSignal): Promise<void>;
}

export function createServiceNotifier(options: {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  logger: Logger;
}): ServiceNotifier {
  const { env, clock, logger } = options;
  const active = Boolean(env.NOTIFY_SOCKET);
  const watchdogUsec = Number(env.WATCHDOG_USEC ?? 0);

  const send = async (...assignments: string[]): Promise<void> => {
    if (!active) return;
    const { code, error } = await runNotify(assignments, env);
    if (code !== 0) logger.warn('systemd was not told', { error: error ?? `systemd-notify exited with ${code}` });
  };

  return {
    ready: (status) => send('READY=1', `STATUS=${status}`),
    stopping: () => send('STOPPING=1'),
    async feedWatchdog(alive, signal) {
      if (!active || !(watchdogUsec > 0)) return;
      await every(clock, watchdogUsec / 2_000, signal, async () => {
        if (alive()) await send('WATCHDOG=1');
        else logger.warn('the watchdog is not fed: no frame was judged lately');
      });
    },
  };
}

function runNotify(assignments: string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; error?: string }> {
  return new Promise((resolve) => {
    // --pid names this process: systemd then knows whose message it is although a child sends it.
    const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...assignments], { env, stdio: 'ignore' });
    child.on('error', (error) => resolve({ code: null, error: error.message }));
    child.on('exit', (code) => resolve({ code }));
  });
}
