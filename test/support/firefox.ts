import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

const PROGRAMS = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** Where Firefox is: FIREFOX, or Debian's; undefined when it is not on this machine. */
export const firefoxProgram = (): string | undefined =>
  [process.env.FIREFOX ?? '', ...PROGRAMS].find((program) => program !== '' && existsSync(program));

/** Real Firefox without a window, over its own remote protocol (Marionette): enough to open a page and look into it. */
export class Firefox {
  readonly #process: ChildProcess;
  readonly #profile: string;
  #socket: Socket | undefined;
  #text = '';
  #next = 1;

  private constructor(process: ChildProcess, profile: string) {
    this.#process = process;
    this.#profile = profile;
  }

  static async launch(program: string): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), 'watchword-firefox-'));
    const quiet = [
      'app.update.auto',
      'datareporting.policy.dataSubmissionEnabled',
      'browser.shell.checkDefaultBrowser',
    ];
    const prefs = ['user_pref("marionette.port", 0);', ...quiet.map((name) => `user_pref("${name}", false);`)];
    writeFileSync(join(profile, 'user.js'), prefs.join('\n'));
    const args = ['--headless', '--marionette', '--no-remote', '--profile', profile, 'about:blank'];
    const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, HOME: profile } });
    const firefox = new Firefox(child, profile);
    try {
      const told = join(profile, 'MarionetteActivePort');
      await until(() => existsSync(told) && Number(readFileSync(told, 'utf8')) > 0, 'Firefox', 60_000);
      firefox.#socket = connect(Number(readFileSync(told, 'utf8')), '127.0.0.1');
      firefox.#socket.setEncoding('utf8').on('data', (text: string) => {
        firefox.#text += text;
      });
      await firefox.#message();
      await firefox.#ask('WebDriver:NewSession', {});
      return firefox;
    } catch (error) {
      await firefox.close();
      throw error;
    }
  }

  async open(url: string): Promise<void> {
    await this.#ask('WebDriver:Navigate', { url });
  }

  /** The value of an expression in the page. */
  async look(expression: string): Promise<unknown> {
    return (
      (await this.#ask('WebDriver:ExecuteScript', { script: `return ${expression}`, args: [] })) as { value: unknown }
    ).value;
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #ask(command: string, parameters: object): Promise<unknown> {
    const json = JSON.stringify([0, this.#next++, command, parameters]);
    this.#socket?.write(`${Buffer.byteLength(json)}:${json}`);
    const [, , error, result] = (await this.#message()) as [number, number, { message: string } | null, unknown];
    if (error) throw new Error(`${command}: ${error.message}`);
    return result;
  }

  /** `LENGTH:JSON`; everything here is ASCII. */
  async #message(): Promise<unknown> {
    const length = (): number => Number(/^(\d+):/.exec(this.#text)?.[1] ?? Number.NaN);
    const start = (): number => this.#text.indexOf(':') + 1;
    await until(() => this.#text.length >= start() + length(), 'an answer of Firefox', 60_000);
    const [from, to] = [start(), start() + length()];
    const message: unknown = JSON.parse(this.#text.slice(from, to));
    this.#text = this.#text.slice(to);
    return message;
  }
}
