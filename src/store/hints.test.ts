/** Hints: one at a time, gone for good once dismissed or known, and none where they are off. */
import { describe, expect, test } from 'vitest';
import { hintNow, hints, learnedHints } from './hints';
import type { OpenModel, State, ViewSlice } from './state';
import { state } from './store';

const withView = (view: Partial<ViewSlice>): State => {
  const s = state();
  // which hint is shown reads no more of a model than that there is one
  const model = { summary: { name: 'net' }, graph: { cards: [] } } as unknown as OpenModel;
  return { ...s, work: { ...s.work, model: { kind: 'ready', value: model } }, view: { ...s.view, ...view } };
};

describe('hints', () => {
  test('the first that applies is shown, and does not come back', () => {
    expect(hintNow(state(), 'graph')).toBeUndefined();
    expect(hintNow(withView({}), 'graph')?.id).toBe('data');
    expect(hintNow(withView({ hintsSeen: ['data'] }), 'graph')?.id).toBe('look');
    expect(hintNow(withView({ hintsSeen: ['data', 'look'] }), 'graph')).toBeUndefined();
    expect(hintNow(withView({ hintsOff: true }), 'graph')).toBeUndefined();
  });

  test('what somebody does unasked counts as known', () => {
    const s = withView({ selection: 'conv1' });
    expect(hintNow(s, 'graph')?.id).toBe('data');
    expect(learnedHints(s)).toEqual(['look']);
    expect(learnedHints(withView({ selection: 'conv1', hintsSeen: ['look'] }))).toEqual([]);
  });

  test('each has an id of its own and is short', () => {
    expect(new Set(hints.map((h) => h.id)).size).toBe(hints.length);
    for (const { id, text } of hints) {
      expect(text.length, id).toBeLessThan(125);
    }
  });
});
