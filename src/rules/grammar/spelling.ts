import { editDistance } from '../../platform/nearest.ts';
import { readNumber } from './numbers.ts';
import type { Token } from './tokens.ts';

/** Slips of the hand that are no other word, by the word that is meant. Only words that the grammar itself hangs on. */
const SLIPS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    when: 'whem wehn whne hwen whenn wen',
    whenever: 'whenver wheneever whenevr',
    for: 'fro foor',
    the: 'teh hte',
    if: 'iff',
    is: 'iz',
    someone: 'somone someome sombody',
    between: 'betwen beetween bewteen betwwen betweeen',
    during: 'durring durign duirng',
    opening: 'openning opennig',
    until: 'untill unitl untl',
    after: 'aftr afetr',
    alert: 'alret alerrt allert alart',
    notify: 'notfy notifiy notfiy notifi',
    empty: 'emtpy empyt emty emptty',
    shelf: 'shelff shlef sehlf',
    critical: 'criticle critcal crtical',
    urgent: 'urgant urgnet',
    weekdays: 'weekdys weakdays',
    weekends: 'weekens weakends',
    monday: 'mondy',
    tuesday: 'tuseday tuesdy',
    wednesday: 'wensday wednsday wendesday',
    thursday: 'thurday thrusday thursdy',
    friday: 'firday fridy',
    saturday: 'saterday saturdy satuday',
    sunday: 'sundy',
    blocked: 'bloked blokced',
    more: 'moer',
    than: 'thna',
  }).flatMap(([right, slips]) => slips.split(' ').map((slip) => [slip, right] as const)),
);

const UNITS = ['second', 'seconds', 'minute', 'minutes', 'hour', 'hours'];

export interface Respelt {
  readonly tokens: Token[];
  /** Index of each token that was read as another word, with that word. */
  readonly read: ReadonlyArray<{ readonly index: number; readonly as: string }>;
}

/** The same tokens with slips of the hand read as what is meant; places in the sentence stay as they are. */
export function respell(tokens: readonly Token[]): Respelt {
  const read: Array<{ index: number; as: string }> = [];
  const respelt = tokens.map((token, index) => {
    const right = token.kind === 'word' ? (SLIPS.get(token.lower) ?? unitFor(tokens, index)) : undefined;
    if (right === undefined) return token;
    read.push({ index, as: right });
    const capital = /^\p{Lu}/u.test(token.text);
    return { ...token, lower: right, text: capital ? right.charAt(0).toUpperCase() + right.slice(1) : right };
  });
  return { tokens: respelt, read };
}

/** `5 minuts`, `10 secounds`: right after a number nearly any slip of a unit is one. */
function unitFor(tokens: readonly Token[], index: number): string | undefined {
  const { lower = '' } = tokens[index] ?? {};
  if (lower.length < 4 || UNITS.includes(lower) || !/^[mhs]/.test(lower) || index === 0) return undefined;
  if (readNumber(tokens, index - 1)?.end !== index) return undefined;
  return UNITS.find((unit) => isSlip(lower, unit));
}

/** One letter too many, too few or wrong, or two letters in the wrong order. `shours` and `house` are none. */
function isSlip(written: string, meant: string): boolean {
  if (written[0] !== meant[0] || written.at(-1) !== meant.at(-1)) return false;
  if (editDistance(written, meant) === 1) return meant.length > 5 || written.length !== meant.length;
  const sorted = (word: string): string => [...word].sort().join('');
  return meant.length > 5 && sorted(written) === sorted(meant) && editDistance(written, meant) === 2;
}
