import type { Seeded } from './seeded.ts';

/** Shows whether a page passes words on unescaped. */
export const MARKUP = '<img src=x onerror=alert(1)>';

/** Values that have broken programs like this one before. */
const STRANGE: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1e308',
    'NaN',
    'Infinity',
    '9007199254740993',
    '0x10',
    'null',
    'undefined',
    'true',
    '[]',
    '{}',
  ],
  ...[
    MARKUP,
    '"><script>alert(1)</script>',
    '{{7*7}}',
    '#{7*7}',
    '%00',
    '\u0000',
    'a\u0000b',
    '\r\nSet-Cookie: a=b',
    '\n',
  ],
  ...[
    "' OR 1=1 --",
    '"; DROP TABLE event; --',
    '" OR "',
    '*',
    'a*',
    'NEAR(a b, 2)',
    '-a',
    '^a',
    'a AND',
    '(',
    '""',
    'note:x',
  ],
  ...[
    '../../etc/passwd',
    '..%2f..%2fetc',
    '/etc/passwd',
    '.',
    '..',
    'C:\\windows',
    'a/b',
    'file:///etc/passwd',
    '//evil.test',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'],
  ...['2026-02-30', '2026-13-01', '0000-00-00', '9999-12-31', '275760-09-14', '2026-03-02T09:00:00Z', '-271821-04-19'],
  ...[
    '\u202e\u0645\u0631\u062d\u0628\u0627',
    '日本語',
    '🙂'.repeat(40),
    'e\u0301'.repeat(50),
    '\ufeff',
    '\u200b',
    'ﬁ',
    'İ',
  ],
  ...[
    'x'.repeat(300),
    'x'.repeat(5_000),
    'a '.repeat(2_000),
    '9'.repeat(400),
    '('.repeat(500),
    '%'.repeat(50),
    '%zz',
    '%E0%A4',
  ],
  ...[
    '&a: *a',
    '!!js/function "x"',
    '- - - -',
    ': : :',
    '{a: {b: [',
    'rule: x\nenabled: false',
    '"',
    "'",
    '`',
    '\\',
    '\t',
  ],
  ...['javascript:alert(1)', 'data:text/html,x', 'rtsp://user:secret@host/x', 'admin', 'viewer', 'operator'],
];

/** A value that is strange, or strangely put together. */
export function strangeText(random: Seeded): string {
  if (random.chance(0.8)) return random.pick(STRANGE);
  if (random.chance(0.5)) return random.pick(STRANGE) + random.pick(STRANGE);
  return Array.from({ length: random.below(40) }, () => String.fromCharCode(random.below(0xd7ff))).join('');
}

/** The text with a few places changed: cut, doubled, overwritten, or with something strange put in. */
export function mutated(text: string, random: Seeded): string {
  let result = text;
  for (let change = 0; change <= random.below(4); change++) {
    const at = random.below(result.length + 1);
    const until = Math.min(result.length, at + 1 + random.below(12));
    const [before, piece, after] = [result.slice(0, at), result.slice(at, until), result.slice(until)];
    const choices = [
      before + after,
      before + piece + piece + after,
      before + strangeText(random) + after,
      before +
        random.pick([':', '[', ']', '{', '}', '"', "'", '#', '&', '*', '!', '|', '>', '-', '\n', '  ', '\t', '%']) +
        after,
      before + piece.toUpperCase() + after,
      before,
    ];
    result = random.pick(choices);
  }
  return result.slice(0, 20_000);
}

/** Some JSON value, at times nested far too deep. */
export function strangeJson(random: Seeded, depth = 0): unknown {
  const kind = random.below(depth > 4 ? 4 : 7);
  if (kind === 0) return random.pick([null, true, false, 0, -1, 1e308, 2 ** 53]);
  if (kind <= 3) return strangeText(random);
  if (kind === 4) return Array.from({ length: random.below(4) }, () => strangeJson(random, depth + 1));
  if (kind === 5) return Object.fromEntries([[strangeText(random), strangeJson(random, depth + 1)]]);
  return JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`);
}
