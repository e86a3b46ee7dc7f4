import type { Store } from '../store/store.ts';
import { type BacktestDeskOptions, Backtests } from './backtest-desk.ts';
import { createRuleRecords } from './rule-records.ts';

/** What people may ask of the past: how a rule would have done, and how it did. */
export function createPastDesks({
  store,
  ...options
}: Omit<BacktestDeskOptions, 'events'> & { readonly store: Pick<Store, 'log' | 'coverage'> }) {
  const { clock, box } = options;
  const backtests = new Backtests({ ...options, events: store.log });
  const { timeZone } = box().site;
  const ruleRecords = createRuleRecords({ coverage: store.coverage, events: store.log, timeZone, clock });
  return { backtests, ruleRecords };
}
