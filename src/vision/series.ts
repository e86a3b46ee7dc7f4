import type { EarlierPicture } from './model.ts';

/** When pictures were taken, in seconds after the first; the last is the one that is looked at. */
export function secondsOf(earlier: readonly EarlierPicture[]): number[] {
  const from = earlier[0]?.beforeMs ?? 0;
  return [...earlier.map(({ beforeMs }) => beforeMs), 0].map((beforeMs) => (from - beforeMs) / 1000);
}

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
