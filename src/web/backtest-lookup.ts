import { WatchwordError } from '../platform/errors.ts';
import type { BacktestResult, BacktestView } from './backtests.ts';
import type { WebParts } from './context.ts';

/** Throws `not-found`. */
export function backtestById({ deps }: WebParts, id: string): BacktestView {
  const view = deps.backtests.get(id);
  if (view) return view;
  throw new WatchwordError('not-found', 'there is no such backtest', {
    hint: 'A restart forgets them; start it again',
  });
}

/** Throws `not-found`, and `conflict` before it is done. */
export function doneBacktest(parts: WebParts, id: string): { view: BacktestView; result: BacktestResult } {
  const view = backtestById(parts, id);
  if (view.result) return { view, result: view.result };
  throw new WatchwordError('conflict', 'the backtest has not ended', { hint: 'Wait until it is done' });
}

/** A frame's name in an address. Throws `not-found`. */
export function frameAt(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new WatchwordError('not-found', 'there is no such frame');
}
