/**
 * Learning goes on from a file after any layer, to the same model as without a break; and what is told of it is enough to
 * draw it: every layer once, in its place, with a loss that runs to the end of its steps.
 */
import { expect, test } from 'vitest';
import { concatBytes } from '../base/bytes';
import { quietContext, type Progress } from '../base/context';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { ownRunner, randomSource } from './float-runner.fixture';
import { learnedFileHead, readLearned, takeLearned, writeLearned } from './learned-file';
import { calibrated, convNet } from './networks.fixture';
import { prepare, type PrepareInput } from './prepare';
import type { Finished } from './types';

const options = { iterations: 20, rows: 32 };
const recipe: Recipe = {
  ...defaultRecipe,
  weights: { algorithm: 'adaround', bits: 4, options },
  activations: { ...defaultRecipe.activations, algorithm: 'lsq', options },
};

async function input(): Promise<PrepareInput> {
  const canonical = convNet();
  const source = randomSource(canonical, 4);
  return { canonical, calibration: await calibrated(canonical, source), recipe, source, runner: ownRunner };
}

const empty = (): Finished => ({ weights: new Map(), steps: new Map(), blocks: new Map() });

test('after every layer the file is enough to go on to the same model', async () => {
  const chunks = [learnedFileHead('0'.repeat(64))];
  const given = await input();
  const whole = await prepare({ ...given, finished: { ...empty(), keep: async (r) => void chunks.push(writeLearned(r)) } }, quietContext());
  expect(chunks.length).toBe(1 + whole.weights.size + whole.steps.size);
  // the first weights after the steps, one in the middle, and all of them
  for (const kept of [1, whole.steps.size + 1, chunks.length - 1]) {
    const finished = empty();
    takeLearned(readLearned(concatBytes(chunks.slice(0, 1 + kept)))?.records ?? [], finished);
    let anew = 0;
    const resumed = await prepare({ ...given, finished: { ...finished, keep: async () => void anew++ } }, quietContext());
    expect(anew).toBe(chunks.length - 1 - kept);
    expect(resumed).toEqual(whole);
  }
});

test('progress tells every layer in its place, its losses, and how it ended', async () => {
  const seen: Progress[] = [];
  const finished = empty();
  const given = await input();
  const prepared = await prepare({ ...given, finished }, { ...quietContext(), progress: (p) => void seen.push(p) });
  for (const kind of ['steps', 'weights'] as const) {
    const mine = seen.filter((p) => p.learning?.kind === kind);
    const ends = mine.filter((p) => p.learning?.result !== undefined);
    const count = kind === 'steps' ? prepared.steps.size : prepared.weights.size;
    expect(ends.map((p) => [p.learning?.place, p.learning?.count, p.done])).toEqual(ends.map((_, i) => [i, count, ends[i]?.done]));
    expect(ends.length).toBe(count);
    expect(new Set(ends.map((p) => p.layer)).size).toBe(count);
    for (const end of ends) {
      const curve = mine.filter((p) => p.layer === end.layer && p.loss !== undefined).map((p) => p.learning?.step);
      expect(curve).toEqual([10, 20]);
      expect(end.learning?.result).toMatchObject({ iterations: 20, isKnown: false });
      expect(end.learning?.result?.after).toBeLessThanOrEqual(end.learning?.result?.before ?? 0);
    }
    for (const [i, p] of mine.entries()) expect(p.done).toBeGreaterThanOrEqual(mine[i - 1]?.done ?? 0);
  }
  const again: Progress[] = [];
  await prepare({ ...given, finished }, { ...quietContext(), progress: (p) => void again.push(p) });
  const results = again.flatMap((p) => p.learning ?? []);
  expect(results.length).toBe(prepared.steps.size + prepared.weights.size);
  expect(results.every((l) => l.result?.isKnown === true)).toBe(true);
});
