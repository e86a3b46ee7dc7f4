import type { CommandTarget } from '../alerts/commands.ts';
import type { Clock } from '../platform/clock.ts';
import { WatchwordError } from '../platform/errors.ts';
import { setEnabled } from '../rules/edit.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { Store } from '../store/store.ts';
import type { LiveChange } from '../web/deps.ts';

export interface CommandsOptions {
  readonly store: Pick<Store, 'log' | 'silences' | 'audit'>;
  readonly clock: Clock;
  readonly rules: () => readonly CompiledRule[];
  /** Called after a rule was silenced or a silence was ended. */
  readonly silenced: () => void;
  readonly tell: (change: LiveChange) => void;
}

/** Who it is in the audit log that sends a command: a broker does not tell whose message it was. */
const BY_MQTT = 'mqtt';

/** What subscribers may ask for, carried out: switch a rule, silence it, acknowledge an event. */
export function createCommands({ store, clock, rules, silenced, tell }: CommandsOptions): CommandTarget {
  const ruleNamed = (ruleId: string): CompiledRule => {
    const rule = rules().find(({ id }) => id === ruleId);
    if (!rule) throw new WatchwordError('not-found', `there is no rule "${ruleId}"`);
    return rule;
  };
  return {
    async setRuleEnabled(ruleId, enabled) {
      await setEnabled(ruleNamed(ruleId).file, enabled);
      store.audit.add({ who: BY_MQTT, act: 'rule-switched', about: ruleId, detail: enabled ? 'on' : 'off' });
    },
    async silenceRule(ruleId, until) {
      ruleNamed(ruleId);
      store.silences.set(ruleId, until, BY_MQTT);
      silenced();
    },
    async acknowledgeEvent(eventId) {
      const known = store.log.acknowledge(eventId, BY_MQTT, clock.now());
      if (!known) throw new WatchwordError('not-found', `there is no event "${eventId}"`);
      tell({ kind: 'event', eventId });
    },
  };
}
