import { fileURLToPath } from 'node:url';
import { type ClipTruth, readAllTruths } from '../demo/truth.ts';
import { type Command, EXIT_DONE, parseOptions, UsageError } from './command.ts';

const CLIPS = fileURLToPath(new URL('../../models/watchword-tiny/demo', import.meta.url));

export const demo: Command = {
  name: 'demo',
  summary: 'tell what the demo clips show and when',
  usage: 'watchword demo truth [--json]',
  details: `options:
  --json   one line of JSON per clip: {"clip","seconds","incidents":[{"predicate","start","end"}],"truth","undecided"}

Times are seconds of the clip. A demo camera plays its clip over and over.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, { json: { type: 'boolean' } });
    if (positionals.length !== 1 || positionals[0] !== 'truth') {
      throw new UsageError(
        positionals[0] === undefined ? 'what about the demo?' : `no "demo ${positionals.join(' ')}"`,
        'Try demo truth',
      );
    }
    for (const truth of await readAllTruths(CLIPS))
      io.stdout(`${values.json ? JSON.stringify(truth) : describe(truth)}\n`);
    return EXIT_DONE;
  },
};

function describe({ clip, family, seconds, incidents }: ClipTruth): string {
  const scripted = incidents.map(
    ({ predicate, start, end }) => `${predicate} from ${start.toFixed(1)} s to ${end.toFixed(1)} s`,
  );
  return `${clip.padEnd(20)} ${family.padEnd(10)} ${seconds} s   ${scripted.join(', ') || 'no incident'}`;
}
