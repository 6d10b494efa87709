/**
 * Brings back what a conversion measured, from a project file or from the last visit. Integers are kept nowhere: they are made
 * again and must measure the same. Law: no result stays on screen whose integers cannot be had, and nothing is learned unasked.
 */
import type { Recipe } from '../../core/recipe/recipe';
import { keepResults } from '../keep';
import { empty } from '../loadable';
import { sameResults, type Results } from '../project-results';
import { runJob } from '../run-job';
import { learnMemory, openModel } from '../selectors';
import { services } from '../services';
import type { Provider } from '../../engine/ports';
import type { WorkSlice } from '../state';
import { notify, setWork, state } from '../store';
import { pluginsReady } from './plugins';

/** Words for a message: where results came from, and why others may be made now. */
interface Origin {
  readonly from: string;
  readonly why: string;
}

/** The numbers alone. */
export function showResults({ conversion, convertedRecipe, evaluation }: Results): void {
  setWork({
    conversion: { kind: 'ready', value: conversion },
    convertedRecipe,
    evaluation: evaluation === undefined ? empty : { kind: 'ready', value: evaluation },
  });
}

/** Shows the numbers at once and makes the integers behind them. Calibration and data must be there. */
export async function bringResults(results: Results, { from, why }: Origin): Promise<void> {
  const { conversion: before, convertedRecipe } = results;
  const model = openModel(state());
  const recipe = JSON.parse(convertedRecipe) as Recipe; // the engine checks a recipe whenever it is used
  showResults(results);
  const waiting: WorkSlice['conversion'] = { kind: 'loading', progress: undefined, previous: before };
  setWork({ conversion: waiting });
  await pluginsReady();
  const provider = await learnedOn();
  const isKnown = !hasLearned(results) || (await isLearned(recipe, provider));
  // Another model, or a conversion that was asked for meanwhile, is the user's and wins.
  if (openModel(state()) !== model || state().work.conversion !== waiting) return;
  if (!isKnown) {
    forgetResults();
    notify({
      tone: 'watch',
      title: `What was learned for ${from} is no longer kept`,
      detail: 'Recipe and calibration are there. Converting learns it again, which takes a while.',
      action: 'convert',
    });
    return;
  }
  const done = await runJob('convert', { read: () => state().work.conversion, write: (conversion) => setWork({ conversion }) }, (job) =>
    services().engine.convert(recipe, { sampleIndex: before.sampleIndex, strict: false, provider, memory: learnMemory(state()) }, job),
  );
  if (openModel(state()) !== model || state().work.conversion.kind === 'loading') return;
  if (done === undefined) {
    forgetResults();
    return;
  }
  setWork({ layers: new Map() });
  if (!sameResults(before, done)) {
    notify({
      tone: 'watch',
      title: `The integers are not those of ${from}`,
      detail: `${why}; what is shown was made now. Evaluate again.`,
    });
    setWork({ evaluation: empty });
  }
  await keepResults();
}

const forgetResults = (): void => setWork({ conversion: empty, convertedRecipe: undefined, evaluation: empty, layers: new Map() });

const hasLearned = ({ conversion }: Results): boolean => conversion.prepared.notes.some((n) => n.step === 'learn' && n.done);

/** Nothing of the recipe would have to be learned anew. */
async function isLearned(recipe: Recipe, provider: Provider): Promise<boolean> {
  const learned = await services()
    .engine.learned(recipe, { provider })
    .catch(() => undefined);
  return learned !== undefined && learned.parts.every((p) => p.done >= p.count);
}

/** Asked of the engine: this early the state may not know yet what there is. */
async function learnedOn(): Promise<Provider> {
  if (state().view.learnOn === 'wasm') return 'wasm';
  const there = await services()
    .engine.providers()
    .catch((): readonly Provider[] => []);
  return there.includes('webgpu') ? 'webgpu' : 'wasm';
}
