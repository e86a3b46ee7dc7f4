#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=16384 MALLOC_TRIM_THRESHOLD_=65536 node --max-semi-space-size=2
// A small young generation, and buffers of pictures that go back to the system when they are freed: 194 MB resident instead of
// 269 MB with six cameras. systemd/watchword.service says the same.
import { readFileSync } from 'node:fs';
import { type Command, type CommandIo, EXIT_DONE, EXIT_WRONG_USAGE, runCommand } from './cli/command.ts';
import { systemClock } from './platform/clock.ts';
import { stderrLogger } from './platform/logger.ts';
import { nearest } from './platform/nearest.ts';

/** Every subcommand, loaded only when asked for: `watchword events` must not wait for the model runtime to load. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./cli/start.ts')).start,
  check: async () => (await import('./cli/check.ts')).check,
  ask: async () => (await import('./cli/ask.ts')).ask,
  describe: async () => (await import('./cli/describe.ts')).describe,
  eval: async () => (await import('./cli/eval.ts')).evaluate,
  rules: async () => (await import('./cli/rules.ts')).rules,
  backtest: async () => (await import('./cli/backtest.ts')).backtest,
  events: async () => (await import('./cli/events.ts')).events,
  coverage: async () => (await import('./cli/coverage.ts')).coverage,
  models: async () => (await import('./cli/models.ts')).models,
  camera: async () => (await import('./cli/camera.ts')).camera,
  user: async () => (await import('./cli/user.ts')).user,
  token: async () => (await import('./cli/token.ts')).token,
  demo: async () => (await import('./cli/demo.ts')).demo,
  backup: async () => (await import('./cli/backup.ts')).backup,
  restore: async () => (await import('./cli/backup.ts')).restore,
};

/** The first signal asks for a graceful end, the second ends at once: a person at the terminal is never held. */
function signalled(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}

async function main(args: string[]): Promise<number> {
  // Read by the C library at the start; decoders and other children are better off without.
  delete process.env.MALLOC_MMAP_THRESHOLD_;
  delete process.env.MALLOC_TRIM_THRESHOLD_;
  const io: CommandIo = {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    signal: signalled(),
    clock: systemClock,
    logger: stderrLogger('info'),
    isTTY: process.stderr.isTTY === true,
  };
  const [name, ...rest] = args;
  if (name === '--version') {
    io.stdout(`${version()}\n`);
    return EXIT_DONE;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.stdout(await overview());
    return name === undefined ? EXIT_WRONG_USAGE : EXIT_DONE;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load) return await runCommand(await load(), rest, io);
  const near = nearest(name, Object.keys(COMMANDS));
  io.stderr(
    `watchword: no command "${name}". ${near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Run watchword --help for the list.'}\n`,
  );
  return EXIT_WRONG_USAGE;
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`);
  return `Watches cameras with rules in plain English.\n\nusage: watchword COMMAND [OPTIONS]\n\n${lines.join('\n')}\n\nwatchword COMMAND --help tells more.\n`;
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

// A reader that leaves early (`watchword events | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`watchword: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
