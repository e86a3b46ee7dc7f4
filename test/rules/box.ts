import { type Compilation, type CompileContext, compileRule, type RuleOverrides } from '../../src/rules/compile.ts';
import { contextOf } from '../../src/rules/context.ts';
import { WEEKDAYS } from '../../src/rules/schedule.ts';

const WHOLE = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;
const BAND = [
  [0, 0.5],
  [1, 0.5],
  [1, 0.54],
  [0, 0.54],
] as const;

/** The box that the sentences of the tables speak of. */
export const box = {
  site: { timeZone: 'Europe/Berlin' },
  cameras: {
    'aisle-1': { name: 'Dairy aisle', zones: {}, maxWidth: 1280 },
    'aisle-2': { zones: {}, maxWidth: 1280 },
    'aisle-3': { zones: {}, maxWidth: 1280 },
    'door-2': { name: 'Back door', zones: { threshold: BAND }, maxWidth: 1280 },
    'dock-1': { name: 'Dock west', groups: ['docks'], zones: { 'loading-dock': WHOLE, ramp: WHOLE }, maxWidth: 1280 },
    'dock-2': { name: 'Dock east', groups: ['docks'], zones: { 'loading-dock': WHOLE }, maxWidth: 1280 },
    yard: { zones: {}, maxWidth: 1280 },
  },
  calendars: {
    'Opening hours': {
      hours: [
        { days: WEEKDAYS.slice(0, 6), from: '08:00', to: '20:00' },
        { days: WEEKDAYS.slice(6), from: '10:00', to: '18:00' },
      ],
      closed: ['2026-12-25'],
    },
    'Delivery window': { hours: [{ days: WEEKDAYS.slice(0, 5), from: '05:00', to: '07:30' }], closed: [] },
  },
};

export const context: CompileContext = contextOf(box);

export function compile(
  words: string,
  overrides: RuleOverrides = {},
  cameras: readonly string[] = ['*'],
  known = context,
): Compilation {
  return compileRule({ id: 'rule', words, cameras, enabled: true, file: 'rule.yaml', overrides }, known);
}
