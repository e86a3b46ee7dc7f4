import type { EarlierPicture, ExamplePicture } from './model.ts';

/** When pictures were taken, in seconds after the first; the last is the one that is looked at. */
export function secondsOf(earlier: readonly EarlierPicture[]): number[] {
  const from = earlier[0]?.beforeMs ?? 0;
  return [...earlier.map(({ beforeMs }) => beforeMs), 0].map((beforeMs) => (from - beforeMs) / 1000);
}

/** Puts examples before the words around the pictures that are asked about. */
export function withExamples(examples: readonly ExamplePicture[], texts: readonly string[]): readonly string[] {
  if (examples.length === 0) return texts;
  const [first = '', ...others] = texts;
  const before = examples.map((_, at) => `${at > 0 ? ` ${examples[at - 1]?.says}\n` : ''}Example ${at + 1}: `);
  return [...before, ` ${examples.at(-1)?.says}\n${first === '' ? 'Now look at this picture: ' : first}`, ...others];
}

/** Words around one picture: none. */
export const ALONE: readonly string[] = ['', '\n'];

/** Words around pictures taken one after the other, for families that were trained with none of their own. */
export function plainSeries(seconds: readonly number[]): readonly string[] {
  const last = seconds.at(-1) ?? 0;
  const texts = seconds.map((at, index) => {
    const when = index === seconds.length - 1 ? 'now' : `${Math.round(last - at)} s ago`;
    const head = index === 0 ? `${seconds.length} pictures of one camera, the oldest first.\n` : '\n';
    return `${head}Picture ${index + 1}, ${when}: `;
  });
  return [...texts, '\n'];
}
