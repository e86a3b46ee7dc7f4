import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { linked } from '../../src/platform/linked.ts';

describe('linked signals', () => {
  it('are aborted with the first of their sources and its reason', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const { signal } = linked([one.signal, other.signal]);
    expect(signal.aborted).toBe(false);
    other.abort(new Error('other'));
    one.abort(new Error('one'));
    expect(signal.reason).toEqual(new Error('other'));
  });

  it('are aborted at once when a source is', () => {
    const gone = AbortSignal.abort(new Error('gone'));
    expect(linked([new AbortController().signal, gone]).signal.reason).toEqual(new Error('gone'));
  });

  it('leave nothing behind in a source that lives on, whether they were aborted or stopped', () => {
    const source = new AbortController();
    const symbols = Object.getOwnPropertySymbols(source.signal).length;
    for (let i = 0; i < 100; i++) {
      const once = new AbortController();
      const { stop } = linked([source.signal, once.signal]);
      if (i % 2 === 0) once.abort();
      else stop();
      expect(getEventListeners(once.signal, 'abort')).toEqual([]);
    }
    expect(getEventListeners(source.signal, 'abort')).toEqual([]);
    expect(Object.getOwnPropertySymbols(source.signal)).toHaveLength(symbols);
  });
});
