/**
 * The plan of a recipe that differs from a planned one in the bits of few layers: what is the same is taken over, not fitted again.
 * Law: the same plan as from the beginning, and lowered the same integers. Only where algorithms and options are the same.
 */
import type { Context } from '../base/context';
import type { Calibration } from '../calibrate/types';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node, NodeId } from '../ir/model';
import { sameQuantizer } from '../quant/affine';
import { builtInQuantizers, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { planQuantization } from './make-plan';
import { stepKey, type Decided, type QuantPlan } from './plan';

/** `changed`: the layers whose bits are other ones. */
export async function replan(
  c: CanonicalModel,
  calibration: Calibration,
  recipe: Recipe,
  base: { readonly plan: QuantPlan; readonly decided: Decided },
  changed: ReadonlySet<NodeId>,
  ctx: Context,
  quantizers: Quantizers = builtInQuantizers,
): Promise<QuantPlan> {
  const steps = new Map(base.decided.steps);
  for (const [value, q] of base.plan.activations) {
    const key = stepKey(value, q.bits);
    if (calibration.stats.has(value) && !steps.has(key)) steps.set(key, q);
  }
  const keeping = (moved: ReadonlySet<NodeId>): Decided => ({
    ...base.decided,
    steps,
    weights: new Map([...base.plan.weights].filter(([id]) => !moved.has(id) || base.decided.weights.has(id))),
  });
  const plan = await planQuantization(c, calibration, recipe, ctx, keeping(changed), quantizers);
  const moved = c.model.graph.nodes.filter((n) => base.plan.weights.has(n.id) && !changed.has(n.id) && isMoved(n, base.plan, plan));
  if (moved.length === 0) return plan;
  // scales of weights are fitted to the multiplier that input and output give
  return planQuantization(c, calibration, recipe, ctx, keeping(new Set([...changed, ...moved.map((n) => n.id)])), quantizers);
}

function isMoved(node: Node, before: QuantPlan, after: QuantPlan): boolean {
  const taken = (plan: QuantPlan): QuantInfo | undefined => {
    const [from] = node.inputs;
    return plan.operands.get(node.id)?.[0] ?? (from === undefined ? undefined : plan.activations.get(from));
  };
  const given = (plan: QuantPlan): QuantInfo | undefined =>
    node.outputs[0] === undefined ? undefined : plan.activations.get(node.outputs[0]);
  return !alike(taken(before), taken(after)) || !alike(given(before), given(after));
}

function alike(a: QuantInfo | undefined, b: QuantInfo | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameQuantizer(a, b);
}
