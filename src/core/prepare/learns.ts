/** Does a recipe ask for anything that is learned? Knows no network: nothing there may fit it. */
import { activationQuantizer, builtInQuantizers, weightQuantizer, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';

export function learns({ weights, activations, layers }: Recipe, quantizers: Quantizers = builtInQuantizers): boolean {
  const ofWeights = [weights.algorithm, ...layers.flatMap((l) => l.weights ?? [])];
  const ofActivations = [activations.algorithm, ...layers.flatMap((l) => l.activations ?? [])];
  return (
    ofWeights.some((id) => weightQuantizer(id, quantizers).learn !== undefined) ||
    ofActivations.map((id) => activationQuantizer(id, quantizers)).some((q) => q.learn !== undefined || q.learnBlock !== undefined)
  );
}
