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
import { intsAttr } from '../ops/family';
import type { FixedQuantizer, NodeView } from '../ops/lowering';
import { reshapeRule } from '../ops/lower/move';
import { integerRuleOf } from '../ops/lower/rules';
import { familyOf } from '../ops/registry';
import { isFloatValue, islandsOf, viewOf } from '../ops/support';
import { rangeQuantizer, sameQuantizer } from '../quant/affine';
import type { Scheme } from '../quant/quantizer';
import { tokenQuantizer } from '../quant/quantizers/minmax-token';
import { activationQuantizer, builtInQuantizers, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { resolveLayer, unusedOverrides } from '../recipe/resolve';
import { keptInFloat } from './kept-in-float';
import { stepKey, type Decided, type PlannedWeight, type QuantPlan } from './plan';
import { planWeight } from './plan-weights';
import { deferredSoftmax } from './deferred';
import { recipeFor } from './recipe-for';
import { checkTokens, takesTokens, TOKEN_AXIS } from './token-wise';
import { demandedBits } from './wanted-bits';
import { wholeNumbers } from './whole-numbers';

/** Most bits of a table's input, a softmax's among them. */
const TABLE_BITS = 12;
/** Rows of at most so many elements have 8-bit probabilities. */
const SHORT_ROW = 64;

/** Passes have taken such outputs away where a float value was left. */
function refuseWholeOutputs(c: CanonicalModel): void {
  const whole = c.model.graph.outputs.find((o) => !isFloatValue(c, o.name));
  if (!whole) return;
  throw new StudioError({
    code: 'unsupported-dtype',
    what: `The output ${whole.name} holds whole numbers and no real number is computed on the way: there is nothing to quantize`,
    expected: 'an output of real numbers',
    got: whole.dtype,
    where: { value: whole.name },
  });
}

/**
 * `decided`: what was chosen before (core/prepare).
 * Throws `unsupported-dtype` (an output of whole numbers), `bad-recipe`, `not-ready` (a value was not calibrated), `not-finite`.
 */
export async function planQuantization(
  c: CanonicalModel,
  calibration: Calibration,
  given: Recipe,
  ctx: Context,
  decided: Decided = { weights: new Map(), tokens: new Map(), steps: new Map() },
  quantizers: Quantizers = builtInQuantizers,
): Promise<QuantPlan> {
  const recipe = recipeFor(c, given);
  const { graph } = c.model;
  refuseWholeOutputs(c);
  const view = viewOf(c);
  const unavoidable = islandsOf(c);
  const islands = new Map([...unavoidable, ...keptInFloat(c, recipe, unavoidable, ctx)]);
  for (const l of unusedOverrides(given, c.stems.values())) {
    ctx.warn({ code: 'unused-override', message: `no layer matches ${l.match}` });
  }
  checkTokens(c, recipe, islands, quantizers, ctx);
  const bits = demandedBits(c, recipe, islands, quantizers);
  const deferred = deferrals(c, view, recipe, islands, ctx);
  const fit = async (value: ValueName, stem: string, b: number): Promise<QuantInfo> => {
    const learned = decided.steps.get(stepKey(value, b));
    if (learned) return learned;
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
    return activationQuantizer(resolveLayer(recipe, stem).activations.algorithm, quantizers).fit(stats, scheme, recipe.activations.options);
  };

  const activations = new Map<ValueName, QuantInfo>();
  const producers = new Map<ValueName, string>();
  /** Values whose rows are probabilities: the bound of their sum lets a product take all their bits. */
  const probabilities = new Set<ValueName>();
  for (const input of graph.inputs) {
    if (input.dtype !== 'float32') continue;
    producers.set(input.name, input.name);
    activations.set(input.name, await fit(input.name, input.name, bits.get(input.name) ?? recipe.activations.bits));
  }
  for (const node of graph.nodes) {
    const stem = c.stems.get(node.id) ?? node.id;
    const from = node.inputs[0];
    const passed =
      islands.has(node.id) || familyOf(node.op, node.domain)?.quantizer !== 'pass' || from === undefined
        ? undefined
        : activations.get(from);
    const fixed = unavoidable.has(node.id) ? undefined : integerRuleOf(node.op, node.domain)?.fixed?.(node, view);
    for (const output of node.outputs) {
      if (!isFloatValue(c, output)) continue;
      producers.set(output, passed && from !== undefined ? (producers.get(from) ?? stem) : stem);
      const wanted = bits.get(output) ?? recipe.activations.bits;
      activations.set(output, passed ?? (fixed ? fixedQuantizer(fixed, node, wanted) : await fit(output, stem, wanted)));
      if (fixed?.kind === 'probabilities' ? fixed.lastAxis : passed && keepsRows(node, view, probabilities)) probabilities.add(output);
    }
  }

  const operands = new Map<NodeId, readonly (QuantInfo | undefined)[]>();
  const weights = new Map<NodeId, PlannedWeight>();
  let done = 0;
  for (const node of graph.nodes) {
    if (!islands.has(node.id)) {
      const taken = takesTokens(c, node, recipe, quantizers)
        ? [byTokens(node)]
        : await operandsOf(node, view, recipe, c, activations, (name) => probabilities.has(name) || deferred.has(node.id), fitNarrow);
      if (taken.some((q) => q !== undefined)) operands.set(node.id, taken);
      const qy = node.outputs[0] === undefined ? undefined : activations.get(node.outputs[0]);
      const weight =
        decided.weights.get(node.id) ?? (await planWeight(c, node, recipe, sourceQuantizer(node, taken, activations), qy, ctx, quantizers));
      if (weight) weights.set(node.id, weight);
    }
    ctx.progress({ stage: 'plan', done: ++done, total: graph.nodes.length });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return { activations, operands, weights, whole: wholeNumbers(c, islands), deferred, islands };

  function fixedQuantizer(fixed: FixedQuantizer, node: Node, wanted: number): QuantInfo {
    if (fixed.kind === 'probabilities') {
      const chosen = recipe.nonlinear.probabilityBits;
      const least = fixed.row <= SHORT_ROW ? 8 : 16;
      if (deferred.has(node.id)) return unsignedFraction(8);
      const pb = chosen === 'auto' ? Math.max(least, wanted <= 8 ? 8 : wanted <= 12 ? 12 : 16) : Number(chosen);
      return unsignedFraction(pb);
    }
    const name = node.inputs[fixed.input];
    const table = name === undefined ? undefined : view.constant(name);
    if (!table) throw new StudioError({ code: 'internal', what: 'A table is no constant', where: { node: node.id, op: node.op } });
    return constantQuantizer(table.data as ArrayLike<number>, wanted);
  }

  function byTokens(node: Node): QuantInfo {
    const name = node.inputs[0];
    const maxima = name === undefined ? undefined : decided.tokens.get(name);
    const { bits: b } = resolveLayer(recipe, c.stems.get(node.id) ?? node.id).activations;
    if (maxima) return tokenQuantizer(maxima, TOKEN_AXIS, b);
    throw new StudioError({ code: 'not-ready', what: 'A tensor has no statistics per token', where: { value: name ?? '', node: node.id } });
  }

  /** The value under fewer bits: fitted to the statistics of whoever gave it its quantizer. */
  async function fitNarrow(value: ValueName, b: number): Promise<QuantInfo> {
    let source = value;
    // through moves, which have no statistics of their own
    while (!calibration.stats.has(source)) {
      const node = graph.nodes.find((n) => n.outputs.includes(source));
      const from = node?.inputs[0];
      if (from === undefined) break;
      const table = view.constant(from);
      if (table) return constantQuantizer(table.data as ArrayLike<number>, b);
      source = from;
    }
    return fit(source, producers.get(value) ?? value, b);
  }
}

/** The softmax nodes that need not divide, and the products that do it for them; says which ones cannot have it so. */
function deferrals(
  c: CanonicalModel,
  view: NodeView,
  recipe: Recipe,
  islands: ReadonlyMap<NodeId, string>,
  ctx: Context,
): ReadonlySet<NodeId> {
  if (recipe.nonlinear.softmax !== 'deferred') return new Set();
  const { nodes, refused } = deferredSoftmax(c, view, islands);
  for (const [id, reason] of refused)
    ctx.warn({ code: 'softmax-divides', message: `this softmax divides by itself: ${reason}`, node: c.stems.get(id) ?? id });
  return nodes;
}

/** 0 to 1 in `bits` bits. */
function unsignedFraction(bits: number): QuantInfo {
  const hi = 2 ** bits - 1;
  return { bits, signed: false, scale: Float32Array.of(1 / hi), axis: undefined, zeroPoint: 0, lo: 0, hi };
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
async function operandsOf(
  node: Node,
  view: NodeView,
  recipe: Recipe,
  c: CanonicalModel,
  activations: ReadonlyMap<ValueName, QuantInfo>,
  /** Is the left operand of a product taken with all its bits? */
  whole: (left: ValueName) => boolean,
  narrow: (value: ValueName, bits: number) => Promise<QuantInfo>,
): Promise<(QuantInfo | undefined)[]> {
  const family = familyOf(node.op, node.domain);
  const rule = integerRuleOf(node.op, node.domain);
  const output = node.outputs[0];
  const qy = output === undefined ? undefined : activations.get(output);
  const layerBits = resolveLayer(recipe, c.stems.get(node.id) ?? node.id).activations.bits;
  const constants = rule?.quantizedConstants?.(node, view) ?? [];
  const quantizerOf = async (name: ValueName | undefined, i: number): Promise<QuantInfo | undefined> => {
    if (name === undefined) return undefined;
    const constant = view.constant(name);
    if (constant) {
      if (!constants.includes(i) || !qy) return undefined;
      return family?.quantizer === 'merge' ? qy : constantQuantizer(constant.data as ArrayLike<number>, qy.bits);
    }
    const own = activations.get(name);
    if (!own) return undefined;
    if (family?.quantizer === 'merge') return qy && !sameQuantizer(own, qy) ? qy : undefined;
    if (rule?.operands === 'multiply' && own.bits > layerBits) {
      const [left, right] = node.inputs;
      const rows = left === name && right !== undefined && view.constant(right) === undefined && whole(name);
      return rows && i === 0 ? undefined : narrow(name, layerBits);
    }
    if (rule?.operands === 'table' && own.bits > TABLE_BITS) return narrow(name, 8);
    if (rule?.operands === 'logits' && own.bits > TABLE_BITS) return narrow(name, TABLE_BITS);
    return undefined;
  };
  const all: (QuantInfo | undefined)[] = [];
  for (const [i, name] of node.inputs.entries()) all.push(await quantizerOf(name, i));
  return all;
}

/** Does the move leave every row of the probabilities that it moves in one row, at most without some elements? */
function keepsRows(node: Node, view: NodeView, probabilities: ReadonlySet<ValueName>): boolean {
  const [from] = node.inputs;
  const [to] = node.outputs;
  if (from === undefined || to === undefined || !probabilities.has(from)) return false;
  const [before, after] = [view.shape(from), view.shape(to)];
  if (node.op === 'Transpose') return intsAttr(node, 'perm')?.at(-1) === before.length - 1;
  if (node.op === 'Slice' || node.op === 'Split') return true;
  return integerRuleOf(node.op, node.domain) === reshapeRule && before.at(-1) === after.at(-1);
}

/** Constant operands of Add, Sub and Mul: symmetric, per tensor. */
function constantQuantizer(data: ArrayLike<number>, bits: number): QuantInfo {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i] as number));
  return rangeQuantizer(-most, most, { bits, symmetric: true, signed: true, granularity: 'tensor', narrow: true });
}
