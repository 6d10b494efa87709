/**
 * A recipe as costs and an estimate of what it does to the logits (estimate.ts), in milliseconds: nothing is run. Costs are exact
 * without a sweep. What the estimate does not see is told in words.
 */
import { quietContext } from '../../base/context';
import { keptInFloat } from '../../integer/kept-in-float';
import { recipeFor } from '../../integer/recipe-for';
import type { CanonicalModel } from '../../ir/model';
import { islandsOf } from '../../ops/support';
import { builtInQuantizers, type Quantizers } from '../../quant/registry';
import { REFERENCE_BITS } from '../../recipe/bit-widths';
import type { Recipe } from '../../recipe/recipe';
import { resolveLayer } from '../../recipe/resolve';
import { measuredAt, scaledTo, sqnrOf, sumOf, type TensorError } from './estimate';
import { bopsOfLayer, bytesOfLayer, sweptLayers, type SweptLayer } from './layers';
import { sweepRecipe } from './sweep-recipe';
import type { TensorErrors } from './tensor-errors';
import type { EstimatedLayer, LogitsLoss, RecipeEstimate, SensitivityReport, SweptKind } from './types';

export interface EstimateInput {
  readonly canonical: CanonicalModel;
  readonly recipe: Recipe;
  readonly sweep: SensitivityReport | undefined;
  readonly errors: TensorErrors;
  /** The built-in ones by default. */
  readonly quantizers?: Quantizers;
}

export async function recipeEstimate({
  canonical,
  recipe: given,
  sweep,
  errors,
  quantizers = builtInQuantizers,
}: EstimateInput): Promise<RecipeEstimate> {
  const recipe = recipeFor(canonical, given);
  const { recipe: plain, leftOut } = sweepRecipe(given, quantizers);
  const unavoidable = islandsOf(canonical);
  const found = sweptLayers(canonical, new Map([...unavoidable, ...keptInFloat(canonical, recipe, unavoidable, quietContext())]));
  const layers: EstimatedLayer[] = [];
  const added: LogitsLoss[] = [];
  const unknown: string[] = [];
  let [measured, scaled] = [0, 0];
  let [bytes, bops, bytes8, bops8] = [0, 0, 0, 0];
  for (const layer of found) {
    const { weights, activations } = resolveLayer(recipe, layer.id);
    const widths = { weightBits: weights.bits, activationBits: activations.bits };
    const reference = { weightBits: REFERENCE_BITS, activationBits: REFERENCE_BITS };
    bytes += bytesOfLayer(layer, widths);
    bops += bopsOfLayer(layer, widths);
    bytes8 += bytesOfLayer(layer, reference);
    bops8 += bopsOfLayer(layer, reference);
    const own = sweep && (await lossOf(layer, sweep, widths, { recipe, plain, errors }));
    if (own) {
      added.push(own.loss);
      if (own.measured) measured++;
      else scaled++;
    } else unknown.push(layer.id);
    const { id, op, macs, weights: count } = layer;
    layers.push({ id, op, macs, weights: count, ...widths, noise: own?.loss.noise, kl: own?.loss.kl });
  }
  const sum = sweep && unknown.length === 0 ? sumOf(sweep.reference, added) : undefined;
  return {
    bytes,
    bops,
    reference: { bytes: bytes8, bops: bops8 },
    logits: sum && sweep ? { ...sum, sqnrDb: sqnrOf(sweep, sum) } : undefined,
    measured,
    scaled,
    unknown: sweep ? unknown : [],
    layers,
    unseen: [...leftOut, ...(sweep ? otherSettings(plain, sweep.recipe) : [])],
  };
}

interface Chosen {
  readonly recipe: Recipe;
  /** Without what is learned. */
  readonly plain: Recipe;
  readonly errors: TensorErrors;
}

async function lossOf(
  layer: SweptLayer,
  sweep: SensitivityReport,
  widths: { readonly weightBits: number; readonly activationBits: number },
  chosen: Chosen,
): Promise<{ readonly loss: LogitsLoss; readonly measured: boolean } | undefined> {
  const points = sweep.layers.find((l) => l.id === layer.id)?.points;
  // kept in float for the sweep: it says nothing of the layer
  if (!points) return undefined;
  let measured = true;
  const parts: LogitsLoss[] = [];
  const kinds: readonly SweptKind[] = layer.weight ? ['weights', 'activations'] : ['activations'];
  for (const kind of kinds) {
    const bits = kind === 'weights' ? widths.weightBits : widths.activationBits;
    const before = resolveLayer(sweep.recipe, layer.id)[kind].algorithm;
    const now = resolveLayer(chosen.plain, layer.id)[kind].algorithm;
    const error: TensorError = {
      swept: (b) => chosen.errors[kind](layer, before, b, sweep.recipe),
      chosen: () => chosen.errors[kind](layer, now, bits, chosen.plain),
    };
    const mine = points.filter((p) => p.kind === kind);
    const sameOptions = JSON.stringify(sweep.recipe[kind].options) === JSON.stringify(chosen.plain[kind].options);
    const exact = before === now && sameOptions ? measuredAt(mine, sweep.reference, bits) : undefined;
    const part = exact ?? (await scaledTo(mine, sweep.reference, bits, error));
    if (!part) return undefined;
    if (!exact) measured = false;
    parts.push(part);
  }
  return { loss: sumOf({ noise: 0, kl: 0 }, parts), measured };
}

/** Settings of the network as a whole that the sweep had otherwise. */
function otherSettings(now: Recipe, then: Recipe): string[] {
  const named: readonly (readonly [string, (r: Recipe) => unknown])[] = [
    ['requantization', (r) => r.arithmetic],
    ['bits of residual streams', (r) => r.residualBits],
    ['bits of outputs', (r) => r.outputBits],
    ['symmetric activations', (r) => r.activations.symmetric],
    ['non-linear operators', (r) => r.nonlinear],
    ['pruning', (r) => r.pruning],
    ['equalization', (r) => r.corrections.equalize],
    ['layers kept in float', (r) => r.layers.filter((l) => l.keep !== undefined).map((l) => [l.match, l.keep])],
  ];
  return named.filter(([, of]) => JSON.stringify(of(now)) !== JSON.stringify(of(then))).map(([name]) => `other ${name} than in the sweep`);
}
