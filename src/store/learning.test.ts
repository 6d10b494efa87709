/** What the panel of a learning conversion shows, report by report. */
import { expect, test } from 'vitest';
import type { JobProgress } from '../engine/api';
import { afterReport, noLearning, type LearningView } from './learning';

const at = (layer: string, place: number, more: Partial<JobProgress>, step = 0, result?: { readonly isKnown: boolean }): JobProgress => ({
  ...{ stage: 'prepare', done: place, total: 3, etaMs: undefined, layer },
  learning: { kind: 'weights', place, count: 3, step, steps: 20, ...(result ? { result: { before: 2, after: 1, ...result } } : {}) },
  ...more,
});
const after = (...reports: readonly JobProgress[]): LearningView => reports.reduce(afterReport, noLearning);

test('losses of a layer are joined, and the next layer begins with none', () => {
  const a = [at('a', 0, {}), at('a', 0, { curve: [[10, 3]] }, 10), at('a', 0, { curve: [[20, 2]] }, 20)];
  expect(after(...a).running).toMatchObject({ layer: 'a', step: 20, curve: [[10, 3], [20, 2]] }); // prettier-ignore
  expect(after(...a, at('b', 1, {})).running).toMatchObject({ layer: 'b', place: 1, curve: [] });
});

test('a layer that is done has one row; those of an earlier try have no time', () => {
  const done = at('b', 1, { layerMs: 5 }, 20, { isKnown: false });
  const view = after(at('a', 0, {}, 20, { isKnown: true }), at('b', 1, {}), done, done);
  expect(view.rows.map((r) => [r.layer, r.ms])).toEqual([
    ['a', undefined],
    ['b', 5],
  ]);
  expect(view.running?.layer).toBe('b');
});

test('reports of other stages change nothing, and long curves are thinned to their last loss', () => {
  const view = after(at('a', 0, { curve: [[1, 1]] }));
  expect(afterReport(view, { stage: 'execute', done: 0, total: 1, etaMs: 1 })).toBe(view);
  const many = Array.from({ length: 3000 }, (_, i) => at('a', 0, { curve: [[i, i]] }, i));
  const curve = after(...many).running?.curve ?? [];
  expect(curve.length).toBeLessThanOrEqual(800);
  expect(curve.at(-1)).toEqual([2999, 2999]);
  expect(curve.every(([step], i) => step > (curve[i - 1]?.[0] ?? -1))).toBe(true);
});
