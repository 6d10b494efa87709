/**
 * Float islands that the recipe asks for (`keep: float`): nodes that compute, have an integer form and could run in it.
 * Operators that only move or choose integers (Reshape, Concat, MaxPool, an embedding) compute nothing and are never one.
 * Law: a kept node has the quantizers that its integer form would have, so that only the arithmetic between them differs.
 */
import type { Context } from '../base/context';
import type { CanonicalModel, Node, NodeId } from '../ir/model';
import { familyOf } from '../ops/registry';
import { isFloatValue } from '../ops/support';
import type { Recipe } from '../recipe/recipe';
import { globMatches, resolveLayer } from '../recipe/resolve';

export const KEPT_REASON = 'kept in float by the recipe';

/** Besides `islands`, those that are unavoidable. A rule that keeps nothing is said. */
export function keptInFloat(
  c: CanonicalModel,
  recipe: Recipe,
  islands: ReadonlyMap<NodeId, string>,
  ctx: Context,
): ReadonlyMap<NodeId, string> {
  const kept = new Map<NodeId, string>();
  const stemOf = (node: Node): string => c.stems.get(node.id) ?? node.id;
  const { nodes } = c.model.graph;
  for (const node of nodes) {
    if (resolveLayer(recipe, stemOf(node)).keep === 'float' && !islands.has(node.id) && canKeepInFloat(c, node))
      kept.set(node.id, KEPT_REASON);
  }
  for (const l of recipe.layers) {
    const meant = l.keep === 'float' ? nodes.filter((n) => globMatches(l.match, stemOf(n))) : [];
    if (meant.length > 0 && !meant.some((n) => islands.has(n.id) || canKeepInFloat(c, n))) {
      ctx.warn({ code: 'unused-override', message: `nothing is computed in ${l.match}: there is nothing to keep in float` });
    }
  }
  return kept;
}

/** Does the node compute something, so that it can be a float island? */
export function canKeepInFloat(c: CanonicalModel, node: Node): boolean {
  const family = familyOf(node.op, node.domain);
  return family?.evaluate !== undefined && family.quantizer === 'own' && node.outputs.every((o) => isFloatValue(c, o));
}
