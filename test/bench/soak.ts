import { parseArgs } from 'node:util';
import { soakReal } from './soak/real.ts';
import { soakSimulated } from './soak/simulated.ts';

/**
 * `npm run bench -- soak [--minutes 60] [--hours 24] [--only real|simulated] [--json]`: whether anything grows.
 *
 * 1. Simulated: N hours under an injected clock, as fast as the machine goes: twelve cameras' scripted verdicts through the
 *    real tracker, store, outbox, retention and delivery to a real broker that is away now and then.
 * 2. Real: the program in a process of its own with twelve cameras through ffmpeg, the real model, the embedded broker, a
 *    subscriber that comes and goes and a visitor of the pages, for M minutes.
 *
 * Each prints its curve and the trend of resident memory over the settled part with its 95 % confidence interval.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean' },
      minutes: { type: 'string', default: '60' },
      hours: { type: 'string', default: '24' },
      only: { type: 'string' },
    },
  });
  const [minutes, hours] = [Number(values.minutes), Number(values.hours)];
  if (!(minutes > 0) || !(hours > 0)) throw new Error('--minutes and --hours take a number above 0');
  const say = (line: string): void => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  const summary = {
    ...(values.only !== 'real' && { simulated: await soakSimulated(hours, say) }),
    ...(values.only !== 'simulated' && { real: await soakReal(minutes, say) }),
  };
  process.stdout.write(`${JSON.stringify({ summary })}\n`);
}
