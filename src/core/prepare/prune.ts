/**
 * Pruning: the weights that a criterion scores lowest become 0, before anything is learned or quantized. What comes after keeps them:
 * a weight that is exactly 0 stays 0 through learning (core/reconstruct, quant/quantizers), and `refuseRevived` looks at the result.
 * Law: the model that comparisons are made with is not touched.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import { edgeStems } from '../integer/recipe-for';
import type { PlannedWeight } from '../integer/plan';
import type { CanonicalModel, NodeId } from '../ir/model';
import { prunesEdges, pruningMask } from '../quant/pruning';
import { pruningCriterion, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { resolveLayer } from '../recipe/resolve';
import { linearLayers, withParameters, type Parameters } from './linear-layers';
import type { LayerNote } from './types';

export interface Pruned {
  readonly canonical: CanonicalModel;
  /** 1 where a weight stays, in the layout of the model's weight. */
  readonly masks: ReadonlyMap<NodeId, Uint8Array>;
  readonly notes: readonly LayerNote[];
}

export async function prune(c: CanonicalModel, recipe: Recipe, quantizers: Quantizers, ctx: Context): Promise<Pruned> {
  if (!recipe.pruning) return { canonical: c, masks: new Map(), notes: [] };
  const { criterion: id, options } = recipe.pruning;
  const criterion = pruningCriterion(id, quantizers);
  const edges = prunesEdges(options) ? new Set<string>() : new Set(edgeStems(c));
  const masks = new Map<NodeId, Uint8Array>();
  const changes = new Map<NodeId, Parameters>();
  const notes: LayerNote[] = [];
  for (const { node, stem, weight, shape, role } of linearLayers(c)) {
    const whole = edges.has(stem)
      ? 'the first or the last layer'
      : resolveLayer(recipe, stem).keep === 'float'
        ? 'kept in float'
        : undefined;
    if (whole !== undefined) {
      notes.push({ step: 'prune', layer: stem, done: false, text: whole });
      continue;
    }
    const scores = await criterion.score(weight, shape, role.channelAxis, options);
    const mask = pruningMask(scores, shape, role.channelAxis, options);
    masks.set(node.id, mask);
    changes.set(node.id, { weight: weight.map((v, i) => (mask[i] === 1 ? v : 0)) });
    const gone = mask.reduce((n, m) => n + 1 - m, 0);
    notes.push({ step: 'prune', layer: stem, done: true, text: `${gone} of ${mask.length} weights are 0` });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return { canonical: withParameters(c, changes), masks, notes };
}

/** Throws `bad-plugin` where a quantizer makes something else of a weight that was pruned. */
export function refuseRevived(
  c: CanonicalModel,
  weights: ReadonlyMap<NodeId, PlannedWeight>,
  masks: ReadonlyMap<NodeId, Uint8Array>,
  recipe: Recipe,
): void {
  for (const [id, mask] of masks) {
    const at = weights.get(id)?.data.findIndex((q, i) => q !== 0 && mask[i] === 0) ?? -1;
    if (at < 0) continue;
    const stem = c.stems.get(id) ?? id;
    throw new StudioError({
      code: 'bad-plugin',
      what: `${resolveLayer(recipe, stem).weights.algorithm} gives a weight that was pruned another integer than 0`,
      got: `${String(weights.get(id)?.data[at])} at index ${at}`,
      where: { node: stem },
    });
  }
}
