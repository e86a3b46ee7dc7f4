import { describe, expect, it } from 'vitest';
import { type Command, parseOptions, runCommand, UsageError, wholeNumber } from '../../src/cli/command.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { recordIo } from '../support/command-io.ts';

const OPTIONS = { model: { type: 'string' }, json: { type: 'boolean' } } as const;

function command(run: Command['run']): Command {
  return { name: 'try', summary: 'Try it', usage: 'watchword try [--json]', details: '  --json  as JSON', run };
}

describe('a command', () => {
  it('ends with the code it returns', async () => {
    expect(
      await runCommand(
        command(async () => 0),
        [],
        recordIo(),
      ),
    ).toBe(0);
    expect(
      await runCommand(
        command(async () => 1),
        [],
        recordIo(),
      ),
    ).toBe(1);
  });

  it('answers --help on standard output, also among other options, but not behind --', async () => {
    const io = recordIo();
    const never = command(async () => 7);
    expect(await runCommand(never, ['x', '--help'], io)).toBe(0);
    expect(io.out()).toBe('Try it\n\nusage: watchword try [--json]\n\n  --json  as JSON\n');
    expect(await runCommand(never, ['--', '--help'], recordIo())).toBe(7);
  });

  it('turns wrong usage into code 2 with the usage line, and nothing on standard output', async () => {
    const io = recordIo();
    const wrong = command(async (args) => parseOptions(args, OPTIONS).positionals.length);
    expect(await runCommand(wrong, ['--modle', 'x'], io)).toBe(2);
    expect(io.err()).toBe(
      'watchword try: unknown option --modle. Did you mean --model?\nusage: watchword try [--json]\n',
    );
    expect(io.out()).toBe('');
  });

  it('turns any other error into code 1 with its message and hint', async () => {
    const io = recordIo();
    const failing = command(async () => {
      throw new WatchwordError('not-found', 'no such thing', { where: 'here', hint: 'Look there' });
    });
    expect(await runCommand(failing, [], io)).toBe(1);
    expect(io.err()).toBe('watchword try: no such thing (here). Look there\n');
  });

  it('says that it was interrupted instead of what broke because of it', async () => {
    const controller = new AbortController();
    const io = recordIo({ signal: controller.signal });
    const interrupted = command(async () => {
      controller.abort(new Error('SIGINT'));
      throw new Error('something tore');
    });
    expect(await runCommand(interrupted, [], io)).toBe(1);
    expect(io.err()).toBe('watchword try: interrupted\n');
  });
});

describe('options', () => {
  it('keep the words before -- apart from those behind it', () => {
    const parsed = parseOptions(['a', '--json', 'b', '--', '--json', '-x'], OPTIONS);
    expect(parsed.values.json).toBe(true);
    expect(parsed.positionals).toEqual(['a', 'b']);
    expect(parsed.rest).toEqual(['--json', '-x']);
    expect(parseOptions(['a'], OPTIONS).rest).toBeUndefined();
  });

  it.each([
    [['--xyzzyxyzzy'], /unknown option --xyzzyxyzzy.*/],
    [['--model'], /argument missing/],
    [['--json=yes'], /does not take an argument/],
  ])('refuse %j', (args, message) => {
    expect(() => parseOptions(args, OPTIONS)).toThrow(UsageError);
    expect(() => parseOptions(args, OPTIONS)).toThrow(message);
  });

  it('take whole numbers within their bounds only', () => {
    const bounds = { min: 1, max: 10 };
    expect(wholeNumber('10', 'limit', bounds)).toBe(10);
    expect(wholeNumber(undefined, 'limit', bounds)).toBeUndefined();
    for (const text of ['0', '11', '1.5', '-3', 'ten', '']) {
      expect(() => wholeNumber(text, 'limit', bounds)).toThrow(
        `--limit takes a whole number from 1 to 10, not "${text}"`,
      );
    }
  });
});
