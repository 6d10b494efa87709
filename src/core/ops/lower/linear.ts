/**
 * Conv, Gemm and MatMul as integers: acc[o] = sum (x - zx) * w[o] + B[o], B[o] = round(b[o] / (sx*sw[o])),
 * one MulShift per channel with M*2^-n ~ sx*sw[o]/sy. The bound of acc is the worst case of the actual
 * integer weights. Gemm's alpha and beta are part of the scales and of b.
 */
import { roundHalfEven } from '../../base/fixed-point';
import type { AccumulatorProof, IntConstant, QuantInfo, Requant } from '../../ir/integer-model';
import type { Node, ValueName } from '../../ir/model';
import { sizeOf, type Tensor } from '../../ir/tensor';
import { floatAttr, intAttr } from '../family';
import type { IntegerRule, LowerContext, NodeView } from '../lowering';
import { codedWeight } from './coded-weight';
import { constantInput, declareAccumulator, inputOf, isActivation, magnitudeOf, numbers, opBase, outputOf, scaleOf } from './common';
import { rowFactors, stepOf } from './tokens';
import { windowOf } from './window';

/** One value per output channel from a bias of shape [N], [1, ..., N], [1] or scalar; undefined for anything else. */
export function perColumn(bias: Tensor, channels: number): number[] | undefined {
  const all = numbers(bias);
  if (all.length === 1) return new Array<number>(channels).fill(all[0] as number);
  const last = bias.shape[bias.shape.length - 1];
  return all.length === channels && last === channels ? all : undefined;
}

/** What one unit of a layer's accumulator is worth, per channel; `factor` multiplies x*w (Gemm's alpha). */
export function accumulatorUnits(qx: QuantInfo, qw: QuantInfo, channels: number, factor: number): number[] {
  return Array.from({ length: channels }, (_, o) => stepOf(qx) * ((qw.axis === undefined ? qw.scale[0] : qw.scale[o]) as number) * factor);
}

/** B = round(b / unit), and b / unit before the rounding. */
export function biasIntegers(
  bias: readonly number[],
  unit: readonly number[],
): { readonly real: Float64Array; readonly integers: Int32Array } {
  const real = Float64Array.from(bias, (b, o) => b / (unit[o] as number));
  return { real, integers: Int32Array.from(real, roundHalfEven) };
}

/** R of a product that divides for a softmax is this over the sum of a row. */
export const RECIPROCAL = 2 ** 30;

interface Linear {
  readonly weight: string;
  readonly bias: string | undefined;
  readonly requant: Requant;
  readonly accumulator: AccumulatorProof;
}

/** The integers of a layer with a constant weight; `bias` is per channel in real units, `factor` multiplies x*w. */
function lowerLinear(
  node: Node,
  ctx: LowerContext,
  x: ValueName,
  channelAxis: number,
  bias: readonly number[] | undefined,
  factor: number,
): Linear {
  const stem = ctx.stem(node);
  const { q: qw, shape, data } = ctx.weight(node);
  const weight: IntConstant = { name: `${stem}_x2`, dtype: 'int8', shape, quant: qw, data };
  const qx = ctx.quant(x);
  const qy = ctx.quant(outputOf(node));
  const channels = shape[channelAxis] as number;
  const inner = sizeOf(shape.slice(channelAxis + 1));
  const sums = new Float64Array(channels);
  for (let at = 0, c = 0; at < data.length; at += inner, c = c + 1 === channels ? 0 : c + 1) {
    for (let i = at; i < at + inner; i++) sums[c] = (sums[c] as number) + Math.abs(Number(data[i]));
  }
  const unit = accumulatorUnits(qx, qw, channels, factor);
  const rows = rowFactors(qx);
  const whole = bias && rows === undefined ? biasIntegers(bias, unit) : undefined;
  const magnitude = magnitudeOf(qx);
  const bounds = Array.from(sums, (s, o) => s * magnitude + Math.abs(whole?.integers[o] ?? 0));
  if (rows) return lowerRows(node, ctx, { rows, weight, unit, bias, bounds, perTensor: qw.axis === undefined });
  const scales = unit.map((u) => u / scaleOf(qy));
  return {
    weight: codedWeight(weight, stem, ctx),
    bias:
      whole &&
      ctx.addConstant({
        name: `${stem}_bias`,
        dtype: 'int32',
        shape: [channels],
        quant: undefined,
        data: whole.integers,
        real: whole.real,
      }),
    requant: ctx.requant(
      node,
      stem,
      qw.axis === undefined ? scales.slice(0, 1) : scales,
      qy,
      qw.axis === undefined ? Math.max(...bounds) : bounds,
      node.clamp,
      true,
    ),
    accumulator: ctx.prove(
      bounds.reduce((a, b) => Math.max(a, b), 0),
      node,
    ),
  };
}

interface Rows {
  readonly rows: Int32Array;
  readonly weight: IntConstant;
  readonly unit: readonly number[];
  readonly bias: readonly number[] | undefined;
  /** Of the accumulator, which is without bias. */
  readonly bounds: readonly number[];
  readonly perTensor: boolean;
}

/** The input has a scale per token: acc * T[t] + B, B in the fine units of acc * T; one rounding. The proof includes T. */
function lowerRows(node: Node, ctx: LowerContext, { rows, weight, unit, bias, bounds, perTensor }: Rows): Linear {
  const stem = ctx.stem(node);
  const qy = ctx.quant(outputOf(node));
  const most = rows.reduce((a, b) => Math.max(a, b), 0);
  const real = bias && Float64Array.from(bias, (b, o) => b / (unit[o] as number));
  const scales = unit.map((u) => u / scaleOf(qy));
  const totals = bounds.map((b, o) => b * most + Math.ceil(Math.abs(real?.[o] ?? 0)));
  const requant = ctx.requant(
    node,
    stem,
    perTensor ? scales.slice(0, 1) : scales,
    qy,
    perTensor ? totals.reduce((a, b) => Math.max(a, b), 0) : totals,
    node.clamp,
  );
  const rowMul = ctx.addConstant({ name: `${stem}_rowMul`, dtype: 'int32', shape: [rows.length], quant: undefined, data: rows });
  return {
    weight: codedWeight(weight, stem, ctx),
    bias:
      real &&
      ctx.addConstant({
        name: `${stem}_bias`,
        dtype: 'int64',
        shape: [real.length],
        quant: undefined,
        data: BigInt64Array.from(real, (b) => BigInt(roundHalfEven(b))),
        real,
      }),
    requant: { ...requant, rowMul },
    accumulator: ctx.prove(
      bounds.reduce((a, b) => Math.max(a, b), 0),
      node,
    ),
  };
}

function refuseWeight(node: Node, view: NodeView): string | undefined {
  if (!isActivation(node, 0, view)) return 'its first operand is a constant';
  if (constantInput(node, 1, view) === undefined) return 'its weight is computed, not a constant';
  if (isActivation(node, 2, view)) return 'its bias is computed, not a constant';
  return undefined;
}

export const convRule: IntegerRule = {
  operands: 'multiply',
  refuse(node, view) {
    const rank = view.shape(inputOf(node, 0)).length;
    return rank === 3 || rank === 4 ? refuseWeight(node, view) : `convolutions of ${rank - 2} spatial axes have no integer form yet`;
  },
  lower(node, ctx) {
    const x = ctx.operand(node, 0);
    const out = ctx.shape(outputOf(node));
    const weight = ctx.weight(node).shape;
    const bias = constantInput(node, 2, ctx);
    const linear = lowerLinear(node, ctx, x, 0, bias && numbers(bias), 1);
    const { strides, pads, dilations } = windowOf(node, ctx.shape(x).slice(2), weight.slice(2));
    const group = intAttr(node, 'group', 1);
    const acc = declareAccumulator(ctx, ctx.stem(node), out);
    ctx.emit({
      ...opBase(node, ctx, [x], sizeOf(out) * sizeOf(weight.slice(1))),
      kind: 'conv',
      ...linear,
      attrs: { strides, pads, dilations, group },
      acc,
    });
  },
};

/** Constant 2-D weight on the right; C per column. transA is a transpose of its own. */
export const gemmRule: IntegerRule = {
  operands: 'multiply',
  refuse(node, view) {
    const reason = refuseWeight(node, view);
    const c = constantInput(node, 2, view);
    const w = view.shape(inputOf(node, 1));
    const columns = w[intAttr(node, 'transB', 0) === 1 ? 0 : 1] as number;
    if (reason === undefined && c && perColumn(c, columns) === undefined) return 'its C is not one value per column';
    return reason ?? (floatAttr(node, 'alpha', 1) === 0 ? 'its alpha is 0' : undefined);
  },
  lower(node, ctx) {
    const stem = ctx.stem(node);
    let x = ctx.operand(node, 0);
    if (intAttr(node, 'transA', 0) === 1) x = transposed(node, ctx, x);
    const transB = intAttr(node, 'transB', 0) === 1 ? 1 : 0;
    const shape = ctx.weight(node).shape;
    const c = constantInput(node, 2, ctx);
    const beta = floatAttr(node, 'beta', 1);
    const bias = c && perColumn(c, shape[1 - transB] as number)?.map((b) => b * beta);
    const linear = lowerLinear(node, ctx, x, 1 - transB, bias, floatAttr(node, 'alpha', 1));
    const out = ctx.shape(outputOf(node));
    const acc = declareAccumulator(ctx, stem, out);
    ctx.emit({ ...opBase(node, ctx, [x], sizeOf(out) * (shape[transB] as number)), kind: 'gemm', ...linear, attrs: { transB }, acc });
  },
};

function transposed(node: Node, ctx: LowerContext, x: ValueName): ValueName {
  const name = `${ctx.stem(node)}.transA`;
  const [m = 1, k = 1] = ctx.shape(x);
  const q = ctx.quant(x);
  ctx.addActivation(name, [k, m], q);
  ctx.emit({ name, source: node.sources, inputs: [x], output: name, macs: 0, kind: 'transpose', attrs: { perm: [1, 0] } });
  // a value of the integer model from here on
  return name as ValueName;
}

/** A constant 2-D weight on the right (with a per-column bias as third input), or two activations; a factor `alpha` of our form. */
export const matmulRule: IntegerRule = {
  operands: 'multiply',
  refuse(node, view) {
    if (!isActivation(node, 0, view)) return 'its left operand is a constant';
    const [a, b] = [view.shape(inputOf(node, 0)), view.shape(inputOf(node, 1))];
    if (a.length < 2) return 'its left operand is a vector';
    if (isActivation(node, 1, view)) {
      if (node.inputs[2] !== undefined) return 'a product of two activations has no bias';
      return b.length < 2 ? 'its right operand is a vector' : undefined;
    }
    if (b.length !== 2) return `its weight has ${b.length} axes, not 2`;
    if (isActivation(node, 2, view)) return 'its bias is computed, not a constant';
    const bias = constantInput(node, 2, view);
    return bias && perColumn(bias, b[1] as number) === undefined ? 'its bias is not one value per column' : undefined;
  },
  lower(node, ctx) {
    const x = ctx.operand(node, 0);
    const out = ctx.shape(outputOf(node));
    const k = ctx.shape(x)[ctx.shape(x).length - 1] as number;
    const alpha = node.domain === 't2c' ? floatAttr(node, 'alpha', 1) : 1;
    const macs = sizeOf(out) * k;
    const acc = declareAccumulator(ctx, ctx.stem(node), out);
    if (!isActivation(node, 1, ctx)) {
      const bias = constantInput(node, 2, ctx);
      const columns = ctx.weight(node).shape[1] as number;
      const linear = lowerLinear(node, ctx, x, 1, bias && perColumn(bias, columns), alpha);
      ctx.emit({ ...opBase(node, ctx, [x], macs), kind: 'matmul', ...linear, attrs: { transB: 0 }, acc });
      return;
    }
    const z = ctx.operand(node, 1);
    const [qx, qz, qy] = [ctx.quant(x), ctx.quant(z), ctx.quant(outputOf(node))];
    const bound = Math.min(k * magnitudeOf(qx), ctx.rowSum(x) ?? Infinity) * magnitudeOf(qz);
    const divides = ctx.deferred(node);
    // |acc| <= S * max|v| and R <= 2^30 / S: what S is does not matter, nor what one exponential is worth
    const unit = divides ? 1 / RECIPROCAL : scaleOf(qx);
    const reach = divides ? RECIPROCAL * magnitudeOf(qz) : bound;
    const requant = ctx.requant(node, ctx.stem(node), [(unit * scaleOf(qz) * alpha) / scaleOf(qy)], qy, reach, node.clamp, !divides);
    const accumulator = ctx.prove(bound, node);
    ctx.emit({
      ...opBase(node, ctx, [x, z], macs),
      kind: 'matmul',
      weight: undefined,
      bias: undefined,
      attrs: { transB: 0 },
      ...(divides ? { deferred: true as const } : {}),
      requant,
      acc,
      accumulator,
    });
  },
};
