/**
 * Integers of one layer's weight. A channel whose bias would not fit (|B| > 2^30 in units of sx*sw) gets a
 * larger weight scale: such a channel is nearly dead, its bias is all it has; each is reported. Scales are then
 * moved to the nearest one whose multiplier is exact and odd (by 2^-14 of themselves), so that the two paths scale alike.
 */
import type { Context } from '../base/context';
import { StudioError } from '../base/errors';
import { multipliers, type Multiplier, type MultiplierForm } from '../base/fixed-point';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node } from '../ir/model';
import { floatAttr } from '../ops/family';
import { familyOf } from '../ops/registry';
import { biasOf, shapeOf, viewOf } from '../ops/support';
import { newStorage, smallestDType } from '../quant/affine';
import type { Scheme } from '../quant/quantizer';
import { largestScale, stepOf } from '../ops/lower/tokens';
import { builtInQuantizers, weightQuantizer, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { resolveLayer } from '../recipe/resolve';
import { multiplierForm } from './multiplier-form';
import type { PlannedWeight } from './plan';

const BIAS_LIMIT = 2 ** 30;

/** `qx` is how the layer takes its input, `qy` its output. undefined: the node has no constant weight. */
export async function planWeight(
  c: CanonicalModel,
  node: Node,
  recipe: Recipe,
  qx: QuantInfo | undefined,
  qy: QuantInfo | undefined,
  ctx: Context,
  quantizers: Quantizers = builtInQuantizers,
): Promise<PlannedWeight | undefined> {
  const view = viewOf(c);
  const inputs = node.inputs.map((n) => (n === undefined ? undefined : ({ dtype: 'float32', shape: shapeOf(c, n) } as const)));
  const role = familyOf(node.op, node.domain)?.weight?.(node, inputs);
  const name = role && node.inputs[role.input];
  const tensor = name === undefined ? undefined : view.constant(name);
  if (!role || name === undefined || !tensor || !qx) return undefined;
  const stem = c.stems.get(node.id) ?? node.id;
  const w = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data as ArrayLike<number>);
  const layer = resolveLayer(recipe, stem).weights;
  const quantizer = weightQuantizer(layer.algorithm, quantizers);
  const scheme: Scheme = { bits: layer.bits, symmetric: true, signed: true, granularity: 'channel', narrow: true };
  const fitted = await quantizer.fit(w, tensor.shape, role.channelAxis, scheme, recipe.weights.options, ctx);
  const channels = tensor.shape[role.channelAxis] as number;
  const bias = role.biasInput === undefined ? undefined : biasOf(c, node.inputs[role.biasInput], channels);
  for (const b of bias ?? []) {
    if (!Number.isFinite(b))
      throw new StudioError({ code: 'not-finite', what: 'A bias is NaN or infinite', where: { node: stem, op: node.op } });
  }
  const { q: safe, raised } = bias ? raiseScales(fitted, bias, biasUnit(node, qx)) : { q: fitted, raised: [] };
  if (raised.length > 0) {
    const shown = raised.slice(0, 8).join(', ') + (raised.length > 8 ? ', ...' : '');
    ctx.warn({
      code: 'near-dead-channels',
      message: `${raised.length} of ${channels} output channels have weights far below their bias; their weight scale was raised: ${shown}`,
      node: stem,
    });
  }
  const q = qy
    ? exactScales(
        safe,
        raised,
        inputUnit(node, qx) / (qy.scale[0] as number),
        multiplierForm(recipe, qy),
        recipe.arithmetic.shift === 'layer',
      )
    : safe;
  const integers = await quantizer.quantize(w, tensor.shape, q, recipe.weights.options);
  if (w.some((v) => v !== 0) && integers.every((v) => v === 0)) {
    ctx.warn({ code: 'lost-weights', message: 'all weights are too small for a scale in float32: every one becomes 0', node: stem });
  }
  const data = newStorage(smallestDType(q.lo, q.hi), integers.length) as Int8Array; // 2 to 8 signed bits
  data.set(integers);
  return { q, shape: tensor.shape, data, raised };
}

/** What one unit of (bias / weight scale) is worth: sx (the largest of tokens), with Gemm's alpha and beta. */
function biasUnit(node: Node, qx: QuantInfo): number {
  const sx = largestScale(qx);
  return node.op === 'Gemm' ? Math.abs((sx * floatAttr(node, 'alpha', 1)) / (floatAttr(node, 'beta', 1) || 1)) : sx;
}

/** What one unit of (input times weight / weight scale) is worth: sx, with Gemm's alpha. */
export function inputUnit(node: Node, qx: QuantInfo): number {
  const sx = stepOf(qx);
  return node.op === 'Gemm' ? Math.abs(sx * floatAttr(node, 'alpha', 1)) : sx;
}

/** A larger step is no rounding error any more but another quantizer: power-of-two and short multipliers keep their scale. */
const LARGEST_STEP = 2 ** -13;

/**
 * Moves each scale (raised ones only up) to where `unit * scale` is exactly M * 2^-n with an odd M. Otherwise the integer
 * path would scale by a multiplier that is a little off; and with an odd M no accumulator below 2^(n-1) lies on a tie, which
 * modes of rounding break differently. One step of difference in an early layer is a different class in some samples.
 */
export function exactScales(q: QuantInfo, raised: readonly number[], unit: number, form: MultiplierForm, shared = false): QuantInfo {
  const found = multipliers(
    Array.from(q.scale, (s) => unit * s),
    form,
    shared,
  );
  const scale = q.scale.map((s, o) => {
    const { M, n } = found[o] as Multiplier;
    const real = (m: number): number => (m * 2 ** -n) / unit;
    const isRaised = q.axis === undefined ? raised.length > 0 : raised.includes(o);
    const odd = M % 2 === 1 ? [M, M + 2] : [M - 1, M + 1];
    const exact = odd.map(real).filter((e) => !isRaised || e >= s);
    const nearest = exact.reduce((a, b) => (Math.abs(b - s) < Math.abs(a - s) ? b : a), Infinity);
    return Math.abs(nearest - s) <= s * LARGEST_STEP ? nearest : s;
  });
  return { ...q, scale };
}

/** Raises every scale to at least |b| / (unit * 2^30), in float32, so that |B| <= 2^30 holds exactly. */
export function raiseScales(q: QuantInfo, bias: readonly number[], unit: number): { q: QuantInfo; raised: number[] } {
  const scale = q.scale.slice();
  const raised: number[] = [];
  bias.forEach((b, o) => {
    const i = q.axis === undefined ? 0 : o;
    if (Math.abs(b) / (unit * (scale[i] as number)) <= BIAS_LIMIT) return;
    raised.push(o);
    let s = Math.fround(Math.abs(b) / (unit * BIAS_LIMIT));
    while (Math.abs(b) / (unit * s) > BIAS_LIMIT) s = Math.fround(s * (1 + 2 ** -23));
    scale[i] = s;
  });
  return { q: raised.length === 0 ? q : { ...q, scale }, raised };
}
