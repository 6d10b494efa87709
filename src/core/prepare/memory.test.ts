/**
 * What is learned does not depend on the memory that there is: with a budget of a few bytes, everything in the scratch file, the
 * prepared model is that of a budget that nothing exceeds. And the file is closed, whatever happens.
 */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { CancelledError } from '../base/errors';
import { memoryScratch } from '../base/hold.fixture';
import type { CanonicalModel } from '../ir/model';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { ownRunner, randomSource } from './float-runner.fixture';
import { calibrated, convNet } from './networks.fixture';
import { prepare, type PrepareInput } from './prepare';
import type { Prepared } from './types';

const options = { iterations: 20, rows: 32 };
const { activations } = defaultRecipe;
const recipes: Readonly<Record<string, Recipe>> = {
  'AdaRound and LSQ': {
    ...defaultRecipe,
    weights: { algorithm: 'adaround', bits: 4, options },
    activations: { ...activations, algorithm: 'lsq', options },
  },
  'AdaRound and QDrop': {
    ...defaultRecipe,
    weights: { algorithm: 'adaround', bits: 4, options },
    activations: { ...activations, algorithm: 'qdrop', options: { iterations: 20 } },
  },
  'GPTQ with corrected biases': {
    ...defaultRecipe,
    weights: { algorithm: 'gptq', bits: 4, options: {} },
    corrections: { ...defaultRecipe.corrections, bias: true },
  },
};

async function inputFor(recipe: Recipe): Promise<PrepareInput> {
  const canonical = convNet();
  const source = randomSource(canonical, 5);
  return { canonical, calibration: await calibrated(canonical, source), recipe, source, runner: ownRunner };
}

/** All of it as data: of the models, which look theirs up, every constant. */
const told = ({ canonical, reference, ...rest }: Prepared) => ({
  ...rest,
  canonical: constantsOf(canonical),
  reference: constantsOf(reference),
});

const constantsOf = (c: CanonicalModel) =>
  c.model.graph.nodes.map((n) => n.inputs.map((name) => (name === undefined ? undefined : c.constants(name)?.data)));

describe.each(Object.entries(recipes))('%s', (_title, recipe) => {
  test('learns the same with no memory, with little and with enough', async () => {
    const input = await inputFor(recipe);
    const whole = await prepare(input, quietContext());
    expect(whole.weights.size).toBeGreaterThan(0);
    for (const budget of [0, 600]) {
      const { open, state } = memoryScratch();
      const found = await prepare({ ...input, memory: { budget, scratch: open } }, quietContext());
      expect(told(found)).toEqual(told(whole));
      expect([state.opened, state.isOpen]).toEqual([1, false]);
      expect(state.written).toBeGreaterThan(0);
    }
  });
});

test('a file that was lent is closed after a cancel', async () => {
  const input = await inputFor(recipes['AdaRound and QDrop'] as Recipe);
  const { open, state } = memoryScratch();
  const signal = { aborted: false };
  const ctx = { ...quietContext(), signal, progress: () => void (signal.aborted = true) };
  await expect(prepare({ ...input, memory: { budget: 0, scratch: open } }, ctx)).rejects.toThrow(CancelledError);
  expect([state.opened, state.isOpen]).toEqual([1, false]);
});

test('where no file is lent, samples that do not fit are left out, and it is said', async () => {
  const input = await inputFor(recipes['GPTQ with corrected biases'] as Recipe);
  const codes: string[] = [];
  const found = await prepare({ ...input, memory: { budget: 1 } }, { ...quietContext(), warn: (w) => void codes.push(w.code) });
  expect(codes).toContain('fewer-samples');
  expect(found.weights.size).toBeGreaterThan(0);
});
