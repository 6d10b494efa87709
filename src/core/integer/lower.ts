/**
 * From the plan to the integer model: walks the canonical graph in order and lets each operator family emit
 * its integer ops through a `LowerContext`. Every bound is proved from the actual integers here: int32
 * accumulators, 64-bit products. Nodes without an integer form become float islands in place.
 */
import type { Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { FloatIsland, IntegerModel } from '../ir/integer-model';
import type { CanonicalModel, Node } from '../ir/model';
import { outputOf } from '../ops/lower/common';
import { integerRuleOf } from '../ops/lower/rules';
import { isFloatValue, shapeOf } from '../ops/support';
import type { Recipe } from '../recipe/recipe';
import { ModelBuilder } from './model-builder';
import type { QuantPlan } from './plan';

/** Throws `accumulator-overflow` and `out-of-range` where a proof fails, `internal` where plan and model disagree. */
export function lower(c: CanonicalModel, plan: QuantPlan, recipe: Recipe, ctx: Context): IntegerModel {
  const builder = new ModelBuilder(c, plan, recipe, ctx);
  const { graph } = c.model;
  const islands: FloatIsland[] = [];
  for (const input of graph.inputs) {
    builder.declare(input.name);
  }
  for (const node of graph.nodes) {
    for (const output of node.outputs) builder.declare(output);
    const reason = plan.islands.get(node.id);
    const rule = integerRuleOf(node.op, node.domain);
    if (reason !== undefined || !rule) {
      islands.push(islandOf(c, plan, node, reason ?? `${node.op} has no integer form yet`, builder.ops.length));
      builder.noteIsland(node);
      continue;
    }
    rule.lower(node, builder);
  }
  return {
    arithmetic: recipe.arithmetic,
    inputs: graph.inputs.map((i) => i.name).filter((name) => builder.values.has(name)),
    outputs: graph.outputs.map((o) => o.name),
    values: builder.values,
    constants: builder.constants,
    ops: builder.ops,
    islands,
  };
}

function islandOf(c: CanonicalModel, plan: QuantPlan, node: Node, reason: string, before: number): FloatIsland {
  const operands = node.inputs.map((name) => {
    if (name === undefined) return undefined;
    const constant = c.constants(name);
    if (constant) return constant;
    if (isFloatValue(c, name) || plan.whole.has(name)) return name;
    throw new StudioError({
      code: 'unsupported-operator',
      what: `A tensor of whole numbers (${name}) is computed from activations: the node can run neither in integers nor as a float island`,
      where: { node: c.stems.get(node.id) ?? node.id, op: node.op },
    });
  });
  for (const output of node.outputs) {
    shapeOf(c, output);
    if (plan.whole.has(output)) {
      throw new StudioError({
        code: 'unsupported-operator',
        what: `A tensor of whole numbers (${output}) is computed in a way that has no integer form yet`,
        where: { node: c.stems.get(node.id) ?? node.id, op: node.op },
      });
    }
  }
  const whole = node.inputs.flatMap((name) => {
    const dtype = name !== undefined && plan.whole.has(name) ? c.model.graph.values.get(name)?.dtype : undefined;
    return name === undefined || dtype === undefined ? [] : [[name, dtype] as const];
  });
  return {
    node: node.id,
    op: node.op,
    reason,
    output: outputOf(node),
    before,
    source: node,
    opset: c.model.opsets[node.domain] ?? 1,
    operands,
    ...(whole.length === 0 ? {} : { whole: Object.fromEntries(whole) }),
  };
}
