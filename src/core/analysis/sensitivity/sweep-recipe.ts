/**
 * The recipe that a sweep runs under: as given, with 8 bits everywhere, and without what is learned or corrected for certain bits,
 * which would have to be done again for every point. What is left out is told in words.
 */
import { activationQuantizer, builtInQuantizers, weightQuantizer, type Quantizers } from '../../quant/registry';
import { withWidths } from '../../recipe/bit-widths';
import type { Recipe } from '../../recipe/recipe';

export interface SweepRecipe {
  readonly recipe: Recipe;
  readonly leftOut: readonly string[];
}

export function sweepRecipe(given: Recipe, quantizers: Quantizers = builtInQuantizers): SweepRecipe {
  const left = new Set<string>();
  const { batchNorm, bias } = given.corrections;
  if (bias) left.add('bias correction');
  if (batchNorm) left.add('batch norm re-estimation');
  const weightsOf = (id: string): string => {
    const { learn, title } = weightQuantizer(id, quantizers);
    if (learn === undefined) return id;
    left.add(`learned weights (${title})`);
    return given.weights.options['grid'] === 'mse' ? 'mse_channel' : 'minmax_channel';
  };
  const activationsOf = (id: string): string => {
    const { learn, learnBlock, tokenWise, title } = activationQuantizer(id, quantizers);
    if (learn === undefined && learnBlock === undefined) return id;
    left.add(`learned steps (${title})`);
    return tokenWise === true ? 'minmax_token' : 'mse';
  };
  const weights = weightsOf(given.weights.algorithm);
  const activations = activationsOf(given.activations.algorithm);
  const plain: Recipe = {
    ...given,
    corrections: { ...given.corrections, batchNorm: false, bias: false },
    weights: { ...given.weights, algorithm: weights, options: weights === given.weights.algorithm ? given.weights.options : {} },
    activations: {
      ...given.activations,
      algorithm: activations,
      options: activations === given.activations.algorithm ? given.activations.options : {},
    },
    layers: given.layers.map((l) => ({
      ...l,
      ...(l.weights === undefined ? {} : { weights: weightsOf(l.weights) }),
      ...(l.activations === undefined ? {} : { activations: activationsOf(l.activations) }),
    })),
  };
  return { recipe: withWidths(plain, new Map()), leftOut: [...left] };
}
