/** Does a recipe ask for anything that is learned? Knows no network: nothing there may fit it. */
import { activationQuantizer, weightQuantizer } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';

export function learns({ weights, activations, layers }: Recipe): boolean {
  const ofWeights = [weights.algorithm, ...layers.flatMap((l) => l.weights ?? [])];
  const ofActivations = [activations.algorithm, ...layers.flatMap((l) => l.activations ?? [])];
  return (
    ofWeights.some((id) => weightQuantizer(id).learn !== undefined) ||
    ofActivations.map(activationQuantizer).some((q) => q.learn !== undefined || q.learnBlock !== undefined)
  );
}
