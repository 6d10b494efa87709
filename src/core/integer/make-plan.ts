/**
 * The decision which quantizer every tensor has. One value, one quantizer: as many bits as its most
 * demanding reader wants; readers that want fewer, and operands of a Concat that differ from its output,
 * are listed in `operands`. Both the integer model and the fake-quantized one are made from this.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { Calibration } from '../calibrate/types';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import type { NodeView } from '../ops/lowering';
import { integerRuleOf } from '../ops/lower/rules';
import { familyOf } from '../ops/registry';
import { isFloatValue, islandsOf, viewOf } from '../ops/support';
import { rangeQuantizer, sameQuantizer } from '../quant/affine';
import type { Scheme } from '../quant/quantizer';
import { activationQuantizer } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { resolveLayer, unusedOverrides } from '../recipe/resolve';
import type { PlannedWeight, QuantPlan } from './plan';
import { planWeight } from './plan-weights';
import { demandedBits } from './wanted-bits';

/** Most bits of a table's input. */
const TABLE_BITS = 12;

/** Throws `bad-recipe`, `not-ready` (a value was not calibrated), `not-finite`. */
export async function planQuantization(c: CanonicalModel, calibration: Calibration, recipe: Recipe, ctx: Context): Promise<QuantPlan> {
  const { graph } = c.model;
  const view = viewOf(c);
  const islands = islandsOf(c);
  for (const l of unusedOverrides(recipe, c.stems.values())) {
    ctx.warn({ code: 'unused-override', message: `no layer matches ${l.match}` });
  }
  const bits = demandedBits(c, recipe, islands);
  const fit = (value: ValueName, stem: string, b: number): QuantInfo => {
    const stats = calibration.stats.get(value);
    if (!stats) {
      throw new StudioError({
        code: 'not-ready',
        what: 'A tensor has no calibration statistics',
        where: { value },
        todo: 'Calibrate the model again',
      });
    }
    const scheme: Scheme = { bits: b, symmetric: recipe.activations.symmetric, signed: undefined, granularity: 'tensor', narrow: false };
    return activationQuantizer(resolveLayer(recipe, stem).activations.algorithm).fit(stats, scheme, recipe.activations.options);
  };

  const activations = new Map<ValueName, QuantInfo>();
  const producers = new Map<ValueName, string>();
  for (const input of graph.inputs) {
    if (input.dtype !== 'float32') continue;
    producers.set(input.name, input.name);
    activations.set(input.name, fit(input.name, input.name, bits.get(input.name) ?? recipe.activations.bits));
  }
  for (const node of graph.nodes) {
    const stem = c.stems.get(node.id) ?? node.id;
    const from = node.inputs[0];
    const passed =
      islands.has(node.id) || familyOf(node.op, node.domain)?.quantizer !== 'pass' || from === undefined
        ? undefined
        : activations.get(from);
    for (const output of node.outputs) {
      if (!isFloatValue(c, output)) continue;
      producers.set(output, passed && from !== undefined ? (producers.get(from) ?? stem) : stem);
      activations.set(output, passed ?? fit(output, stem, bits.get(output) ?? recipe.activations.bits));
    }
  }

  const operands = new Map<NodeId, readonly (QuantInfo | undefined)[]>();
  const weights = new Map<NodeId, PlannedWeight>();
  let done = 0;
  for (const node of graph.nodes) {
    if (!islands.has(node.id)) {
      const taken = operandsOf(node, view, recipe, c, activations, fitNarrow);
      if (taken.some((q) => q !== undefined)) operands.set(node.id, taken);
      const qy = node.outputs[0] === undefined ? undefined : activations.get(node.outputs[0]);
      const weight = await planWeight(c, node, recipe, sourceQuantizer(node, taken, activations), qy, ctx);
      if (weight) weights.set(node.id, weight);
    }
    ctx.progress({ stage: 'plan', done: ++done, total: graph.nodes.length });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return { activations, operands, weights, islands };

  /** The value under fewer bits: fitted to the statistics of whoever gave it its quantizer. */
  function fitNarrow(value: ValueName, b: number): QuantInfo {
    let source = value;
    // through moves, which have no statistics of their own
    while (!calibration.stats.has(source)) {
      const node = graph.nodes.find((n) => n.outputs.includes(source));
      const from = node?.inputs[0];
      if (from === undefined) break;
      source = from;
    }
    return fit(source, producers.get(value) ?? value, b);
  }
}

/** How the node takes its first input. */
function sourceQuantizer(
  node: Node,
  taken: readonly (QuantInfo | undefined)[],
  activations: ReadonlyMap<ValueName, QuantInfo>,
): QuantInfo | undefined {
  const from = node.inputs[0];
  return taken[0] ?? (from === undefined ? undefined : activations.get(from));
}

/** For each input: the quantizer it is taken under where that is not the value's own. */
function operandsOf(
  node: Node,
  view: NodeView,
  recipe: Recipe,
  c: CanonicalModel,
  activations: ReadonlyMap<ValueName, QuantInfo>,
  narrow: (value: ValueName, bits: number) => QuantInfo,
): (QuantInfo | undefined)[] {
  const family = familyOf(node.op, node.domain);
  const rule = integerRuleOf(node.op, node.domain);
  const output = node.outputs[0];
  const qy = output === undefined ? undefined : activations.get(output);
  const layerBits = resolveLayer(recipe, c.stems.get(node.id) ?? node.id).activations.bits;
  const constants = rule?.quantizedConstants?.(node, view) ?? [];
  return node.inputs.map((name, i): QuantInfo | undefined => {
    if (name === undefined) return undefined;
    const constant = view.constant(name);
    if (constant) {
      if (!constants.includes(i) || !qy) return undefined;
      return family?.quantizer === 'merge' ? qy : constantQuantizer(constant.data as ArrayLike<number>, qy.bits);
    }
    const own = activations.get(name);
    if (!own) return undefined;
    if (family?.quantizer === 'merge') return qy && !sameQuantizer(own, qy) ? qy : undefined;
    if (rule?.operands === 'multiply' && own.bits > layerBits) return narrow(name, layerBits);
    if (rule?.operands === 'table' && own.bits > TABLE_BITS) return narrow(name, 8);
    return undefined;
  });
}

/** Constant operands of Add, Sub and Mul: symmetric, per tensor. */
function constantQuantizer(data: ArrayLike<number>, bits: number): QuantInfo {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i] as number));
  return rangeQuantizer(-most, most, { bits, symmetric: true, signed: true, granularity: 'tensor', narrow: true });
}
