import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** An RTSP server in a process of its own, which can be killed, stopped and started again. */
export interface RtspServer {
  readonly port: number;
  /** Where the n-th clip is played. */
  url(n: number): string;
  /** Plays another clip under the same address: who watches is cut off, as when a camera's settings are changed. */
  play(n: number, clip: string): void;
  signal(name: NodeJS.Signals): void;
  /** Gone for good; its port is free. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./rtsp-server-process.ts', import.meta.url));

/** Starts a server that plays each clip in real time, for ever; port 0 is a free one. Resolves when all are on air. */
export async function startRtspServer(clips: readonly string[], port = 0): Promise<RtspServer> {
  const child: ChildProcess = fork(SCRIPT, [String(port), ...clips], {
    execArgv: ['--import', 'tsx'],
    cwd: ROOT,
    stdio: 'inherit',
  });
  const gone = once(child, 'exit');
  const first = await Promise.race([once(child, 'message'), gone]);
  const bound = Number(first[0]);
  if (!(bound > 0) || child.exitCode !== null) throw new Error('the RTSP server did not start');
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    port: bound,
    url: (n) => `rtsp://127.0.0.1:${bound}/cam${n}`,
    play: (n, clip) => void (child.connected && child.send({ n, clip })),
    signal: (name) => void child.kill(name),
    async stop() {
      if (isOver()) return;
      child.kill('SIGCONT');
      child.disconnect();
      await gone;
    },
    async kill() {
      if (isOver()) return;
      child.kill('SIGKILL');
      await gone;
    },
  };
}
