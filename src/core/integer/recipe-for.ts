/**
 * A recipe as it holds for one network: what it says of the first and the last layers becomes overrides of those layers.
 * First: a layer with a constant weight that no other such layer comes before on some way from an input; last alike.
 */
import type { CanonicalModel, Node, ValueName } from '../ir/model';
import { integerRuleOf } from '../ops/lower/rules';
import { withEdgeLayers } from '../recipe/edge-layers';
import type { Recipe } from '../recipe/recipe';

export function recipeFor(c: CanonicalModel, recipe: Recipe): Recipe {
  if (!recipe.edges8) return recipe;
  return withEdgeLayers(recipe, stemsOf(c, firstLayers(c)), stemsOf(c, lastLayers(c)));
}

/** The first and the last layers. */
export const edgeStems = (c: CanonicalModel): string[] => stemsOf(c, [...firstLayers(c), ...lastLayers(c)]);

const stemsOf = (c: CanonicalModel, nodes: readonly Node[]): string[] => nodes.map((n) => c.stems.get(n.id) ?? n.id);

function isLayer(c: CanonicalModel, node: Node): boolean {
  const weight = node.inputs[1];
  return integerRuleOf(node.op, node.domain)?.operands === 'multiply' && weight !== undefined && c.constants(weight) !== undefined;
}

function firstLayers(c: CanonicalModel): Node[] {
  const raw = new Set<ValueName>(c.model.graph.inputs.map((i) => i.name));
  return c.model.graph.nodes.filter((node) => {
    const reached = node.inputs.some((name) => name !== undefined && raw.has(name));
    if (!reached) return false;
    if (isLayer(c, node)) return true;
    for (const output of node.outputs) raw.add(output);
    return false;
  });
}

function lastLayers(c: CanonicalModel): Node[] {
  const wanted = new Set<ValueName>(c.model.graph.outputs.map((o) => o.name));
  return c.model.graph.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((name) => wanted.has(name))) return false;
      if (isLayer(c, node)) return true;
      for (const input of node.inputs) if (input !== undefined) wanted.add(input);
      return false;
    })
    .toReversed();
}
