import { type Document, isMap, isNode, isScalar, parseDocument } from 'yaml';
import { WatchwordError } from '../platform/errors.ts';
import { parseYaml } from '../platform/findings.ts';
import { type Compilation, type CompileContext, compileRule, type RuleOverrides } from './compile.ts';
import type { Span } from './rule.ts';
import { readScheduleWords } from './schedule-words.ts';
import { overridesOf, type RuleFile, ruleFileSchema } from './settings.ts';

/** A rule as a person writes it on the page. */
export interface RuleDraft {
  /** The English sentence. */
  readonly words: string;
  /** Camera ids or globs; none: where the sentence says, else all cameras. */
  readonly cameras: readonly string[];
}

/** What of a rule file a person can change on the page, and what else it says. */
export interface DraftedFile extends RuleDraft {
  readonly enabled: boolean;
  /** The file's other keys as written, in order: they win over the sentence. */
  readonly otherKeys: ReadonlyArray<{ readonly key: string; readonly value: string }>;
}

/** A rule file's text taken apart. Throws `invalid-input` for what is no sound YAML. */
export function readDraft(text: string): DraftedFile {
  const document = soundDocument(text);
  const { rule, cameras, enabled, ...others } = document.toJS() ?? {};
  const listed = typeof cameras === 'string' ? [cameras] : Array.isArray(cameras) ? cameras.map(String) : [];
  return {
    words: typeof rule === 'string' ? oneSentence(rule) : '',
    cameras: listed.every((pattern) => pattern === '*') ? [] : listed,
    enabled: enabled !== false,
    otherKeys: Object.entries(others).map(([key, value]) => {
      return { key, value: typeof value === 'object' ? JSON.stringify(value) : String(value) };
    }),
  };
}

/**
 * The draft as a file's text: of a new file, or of the given one with its comments, its order and its other keys kept. Pure.
 * Throws `invalid-input` for a file that is no sound YAML.
 */
export function writeDraft({ words, cameras }: RuleDraft, text = ''): string {
  const document = soundDocument(text);
  if (!isMap(document.contents)) document.contents = document.createNode({});
  setKey(document, 'rule', oneSentence(words));
  const known = text === '' ? [] : readDraft(text).cameras;
  if (!sameItems(known, cameras)) {
    const list = document.createNode(cameras.length > 0 ? cameras : ['*'], { flow: true });
    const before = document.get('cameras', true);
    if (isNode(before) && before.comment) list.comment = before.comment;
    document.set('cameras', list);
  }
  // As the file has it, so that lines nobody touched stay as they are.
  return document.toString({ lineWidth: 0, flowCollectionPadding: /[[{] +[^\s#]/.test(text) });
}

/** What a draft means, together with what the file it changes says besides. Total: any text gives an answer. */
export function compileDraft(
  { words, cameras }: RuleDraft,
  place: { readonly id: string; readonly file: string; readonly text?: string },
  context: CompileContext,
): Compilation {
  const { id, file, text } = place;
  const written = text === undefined ? undefined : parseYaml(text, file, ruleFileSchema).value;
  const patterns = cameras.length > 0 ? cameras : ['*'];
  const overrides = written ? { ...overridesOf(written), ...scheduleOf(written.schedule, context) } : {};
  const enabled = written?.enabled ?? true;
  return compileRule({ id, words: oneSentence(words), cameras: patterns, enabled, file, overrides }, context);
}

/** Words that say nothing of what a rule is about. */
const SMALL_WORDS = new Set(
  'a an the is are was be there any some has have of to it its that this when if on in at me and or'.split(' '),
);
const LONGEST_ID = 40;

/** A file name from what the sentence asks, such as `shelf-empty`. Always a usable id, not always a free one. */
export function ruleIdFor(words: string, spans: readonly Span[]): string {
  const asked = spans.filter(({ means }) => means === 'question').map(({ start, end }) => words.slice(start, end));
  const plain = (text: string): string[] =>
    text
      .normalize('NFKD')
      .replace(/\p{M}|['’]/gu, '')
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== '' && !SMALL_WORDS.has(word));
  const wordsOfId = plain(asked.join(' '));
  let id = '';
  for (const word of wordsOfId.length > 0 ? wordsOfId : plain(words)) {
    const longer = id === '' ? word : `${id}-${word}`;
    if (longer.length > LONGEST_ID) break;
    id = longer;
  }
  return id === '' ? 'rule' : id;
}

/** A sentence is one line, however it was typed. */
function oneSentence(words: string): string {
  return words.replace(/\s+/g, ' ').trim();
}

function setKey(document: Document, key: string, value: string): void {
  const present = document.get(key, true);
  // A scalar changed in place keeps the comment beside it.
  if (isScalar(present)) present.value = value;
  else document.set(key, value);
}

function scheduleOf(written: RuleFile['schedule'], context: CompileContext): Pick<RuleOverrides, 'schedule'> {
  if (written === undefined) return {};
  return { schedule: typeof written === 'string' ? readScheduleWords(written, context).windows : written };
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

function soundDocument(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents))) {
    throw new WatchwordError('invalid-input', 'the rule file is no sound YAML', {
      hint: 'Mend it with a text editor first, or delete it; watchword check tells where',
    });
  }
  return document;
}
