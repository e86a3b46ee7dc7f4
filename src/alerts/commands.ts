import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import { parseCommandTopic, type Topics } from './topics.ts';

/** Who carries out what a command asks for. Rejects with `not-found` for a rule or an event that does not exist. */
export interface CommandTarget {
  setRuleEnabled(ruleId: string, enabled: boolean): Promise<void>;
  /** `until` in wall-clock ms; null ends the silence. */
  silenceRule(ruleId: string, until: number | null): Promise<void>;
  acknowledgeEvent(eventId: string): Promise<void>;
}

/** A command that passed all checks. */
export type Command =
  | { readonly command: 'enabled'; readonly ruleId: string; readonly enabled: boolean }
  | { readonly command: 'silence'; readonly ruleId: string; readonly minutes: number }
  | { readonly command: 'acknowledge'; readonly eventId: string };

/** Told after a command was carried out, to publish its result. */
export interface CommandResults {
  ruleEnabled(ruleId: string, enabled: boolean): void;
  ruleSilenced(ruleId: string, until: number | null): void;
  eventAcknowledged(eventId: string, at: number): void;
}

const MAX_PAYLOAD_BYTES = 64;
const MAX_SILENCE_MINUTES = 7 * 24 * 60;
/** Commands waiting for the one before them. People send one at a time. */
const MAX_WAITING = 50;

const ACKNOWLEDGE_WORDS = ['', 'ON', 'PRESS', 'TRUE', 'ACKNOWLEDGE'];

/** The command in a message, or why it is none (for the log). Pure; never throws, whatever the bytes are. */
export function parseCommand(topics: Topics, topic: string, payload: Uint8Array): Command | string {
  const target = parseCommandTopic(topics, topic);
  if (!target) return 'no such command';
  if (payload.byteLength > MAX_PAYLOAD_BYTES) return `a payload of more than ${MAX_PAYLOAD_BYTES} bytes`;
  const word = Buffer.from(payload).toString('utf8').trim().toUpperCase();
  switch (target.command) {
    case 'enabled':
      if (word !== 'ON' && word !== 'OFF') return 'the payload must be ON or OFF';
      return { command: 'enabled', ruleId: target.ruleId, enabled: word === 'ON' };
    case 'silence': {
      const minutes = /^\d{1,5}$/.test(word) ? Number(word) : Number.NaN;
      if (!(minutes <= MAX_SILENCE_MINUTES))
        return `the payload must be whole minutes from 0 to ${MAX_SILENCE_MINUTES}`;
      return { command: 'silence', ruleId: target.ruleId, minutes };
    }
    case 'acknowledge':
      if (!ACKNOWLEDGE_WORDS.includes(word)) return 'the payload must be empty or ON';
      return { command: 'acknowledge', eventId: target.eventId };
  }
}

/**
 * Takes commands from the broker, one after the other. A message that is no valid command changes nothing and is logged,
 * not more than once a minute for the same reason. Retained commands are ignored: they would run again at each connect.
 */
export class CommandDesk {
  readonly #topics: Topics;
  readonly #target: CommandTarget;
  readonly #results: CommandResults;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #repeats: RepeatLimiter;
  readonly #waiting: Command[] = [];
  #working: Promise<void> | undefined;

  constructor(options: {
    topics: Topics;
    target: CommandTarget;
    results: CommandResults;
    clock: Clock;
    logger: Logger;
  }) {
    this.#topics = options.topics;
    this.#target = options.target;
    this.#results = options.results;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#repeats = new RepeatLimiter({ clock: options.clock, logger: options.logger });
  }

  take(topic: string, payload: Uint8Array, retained: boolean): void {
    const command = retained ? 'retained commands are ignored' : parseCommand(this.#topics, topic, payload);
    if (typeof command === 'string') this.#ignore(topic, command);
    else if (this.#waiting.length >= MAX_WAITING) this.#ignore(topic, 'too many commands at once');
    else {
      this.#waiting.push(command);
      this.#working ??= this.#work();
    }
  }

  /** Resolves when all commands taken so far are done. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let command = this.#waiting.shift(); command; command = this.#waiting.shift()) {
      try {
        await this.#carryOut(command);
        this.#logger.info('carried out an MQTT command', { ...command });
      } catch (thrown) {
        this.#repeats.log('warn', `failed ${command.command}`, 'an MQTT command could not be carried out', {
          ...command,
          error: toError(thrown),
        });
      }
    }
    this.#working = undefined;
  }

  async #carryOut(command: Command): Promise<void> {
    switch (command.command) {
      case 'enabled':
        await this.#target.setRuleEnabled(command.ruleId, command.enabled);
        this.#results.ruleEnabled(command.ruleId, command.enabled);
        return;
      case 'silence': {
        const until = command.minutes === 0 ? null : this.#clock.now() + command.minutes * 60_000;
        await this.#target.silenceRule(command.ruleId, until);
        this.#results.ruleSilenced(command.ruleId, until);
        return;
      }
      case 'acknowledge':
        await this.#target.acknowledgeEvent(command.eventId);
        this.#results.eventAcknowledged(command.eventId, this.#clock.now());
        return;
    }
  }

  #ignore(topic: string, reason: string): void {
    this.#repeats.log('warn', reason, 'ignored an MQTT command', {
      topic: topic.replace(/[^\x20-\x7e]/g, '?').slice(0, 120),
      reason,
    });
  }
}
