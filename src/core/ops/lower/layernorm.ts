/**
 * LayerNormalization and RMSNormalization with integers: exact sums, an exact integer square root, one division an
 * element and one rounding at the end (LayerNormOp in ir/integer-model.ts). Every width is proved here: V < 2^62;
 * |c|*2^f <= D gives |u| <= 2^k, and 2^k*|G| + |H| + 2^(n-1) < 2^63.
 */
import { multiplier, powerOfTwo, roundHalfEven } from '../../base/fixed-point';
import { StudioError } from '../../base/errors';
import type { Node } from '../../ir/model';
import { sizeOf, type Tensor } from '../../ir/tensor';
import { floatAttr, intAttr } from '../family';
import type { IntegerRule, LowerContext } from '../lowering';
import { constantInput, isActivation, magnitudeOf, numbers, opBase, outputOf, scaleOf } from './common';

const V_LIMIT = 1n << 62n;
const MOST_SHIFT = 62;

export interface LayerNormWidths {
  readonly t: number;
  readonly f: number;
  readonly k: number;
  readonly E: bigint;
  /** Largest V. */
  readonly bound: bigint;
}

/**
 * The smallest t and the largest f with bound(V) < 2^62, E in units of V. `reach` is the largest |q - q'| of two inputs
 * (`rms`: the largest |q - z|), `epsilon` counts in squares of the input's step. undefined: no t does.
 */
export function layerNormWidths(C: number, reach: number, rms: boolean, epsilon: number, outputBits: number): LayerNormWidths | undefined {
  const cube = epsilon * C ** 3;
  const widest = BigInt(C) * BigInt(reach);
  const k = outputBits <= 8 ? 16 : 20;
  for (let t = 0; t <= MOST_SHIFT; t++) {
    const shift = BigInt(t);
    // an arithmetic shift rounds a negative c away from zero; of centred c, the most is (C - 1)*reach
    const downwards = -(-(rms ? widest : widest - BigInt(reach)) >> shift);
    const most = widest >> shift > downwards ? widest >> shift : downwards;
    const squares = BigInt(C) * most * most;
    const room = (f: number): { E: bigint; bound: bigint } => {
      const real = roundHalfEven(cube * powerOfTwo(2 * (f - t)));
      const E = real < 2 ** 63 ? BigInt(real) : V_LIMIT;
      return { E, bound: (squares << BigInt(2 * f)) + E };
    };
    if (room(0).bound >= V_LIMIT) continue;
    let f = 0;
    if (t === 0) while (f < 8 && room(f + 1).bound < V_LIMIT) f++;
    return { t, f, k, ...room(f) };
  }
  return undefined;
}

/** One number per element of a row. */
function perElement(operand: Tensor | undefined, inner: readonly number[]): number[] | undefined {
  const C = sizeOf(inner);
  if (!operand) return new Array<number>(C).fill(0);
  const all = numbers(operand);
  if (all.length === C) return all;
  if (all.length === 1) return new Array<number>(C).fill(all[0] as number);
  // trailing axes repeat: [..., b] under [a, b]
  const last = inner.slice(inner.length - operand.shape.length);
  return all.length > 0 && operand.shape.length <= inner.length && operand.shape.every((d, i) => d === last[i])
    ? Array.from({ length: C }, (_, i) => all[i % all.length] as number)
    : undefined;
}

function layerNorm(rms: boolean): IntegerRule {
  const innerOf = (node: Node, shape: readonly number[]): { axis: number; inner: readonly number[] } => {
    const named = intAttr(node, 'axis', -1);
    const axis = named < 0 ? named + shape.length : named;
    return { axis, inner: shape.slice(axis) };
  };
  return {
    operands: 'any',
    refuse(node, view) {
      if (!isActivation(node, 0, view)) return 'its input is a constant';
      if (node.outputs.length > 1) return 'its mean or deviation is an output';
      const { inner } = innerOf(node, view.shape(outputOf(node)));
      for (const i of rms ? [1] : [1, 2]) {
        const name = node.inputs[i];
        if (name === undefined) continue;
        const c = view.constant(name);
        if (!c) return i === 1 ? 'its scale is computed, not a constant' : 'its bias is computed, not a constant';
        if (!perElement(c, inner)) return 'its scale or bias does not have one number per normalized element';
      }
      return undefined;
    },
    lower(node, ctx) {
      const x = ctx.operand(node, 0);
      const [qx, qy] = [ctx.quant(x), ctx.quant(outputOf(node))];
      const { axis, inner } = innerOf(node, ctx.shape(x));
      const C = sizeOf(inner);
      const s = scaleOf(qx);
      const epsilon = floatAttr(node, 'epsilon', 1e-5) / s ** 2;
      const widths = layerNormWidths(C, rms ? magnitudeOf(qx) : powerOfTwo(qx.bits) - 1, rms, epsilon, qy.bits);
      if (!widths) throw tooWide(node, ctx, `rows of ${C}, epsilon ${epsilon} squared steps of the input`);
      const scale = constantInput(node, 1, ctx);
      const gamma = (scale ? perElement(scale, inner) : new Array<number>(C).fill(1)) ?? [];
      const beta = perElement(rms ? undefined : constantInput(node, 2, ctx), inner) ?? [];
      const stem = ctx.stem(node);
      const affine = lastStep(node, ctx, gamma, beta, widths.k);
      const G = ctx.addConstant({
        name: `${stem}_G`,
        dtype: 'int32',
        shape: [C],
        quant: undefined,
        data: affine.G,
        real: Float64Array.from(gamma, (g) => g / scaleOf(qy)),
      });
      const H = ctx.addConstant({
        name: `${stem}_H`,
        dtype: 'int64',
        shape: [C],
        quant: undefined,
        data: affine.H,
        real: Float64Array.from(beta, (b) => b / scaleOf(qy)),
      });
      ctx.emit({
        ...opBase(node, ctx, [x]),
        kind: 'layernorm',
        layernorm: {
          axis,
          C,
          k: widths.k,
          f: widths.f,
          t: widths.t,
          E: String(widths.E),
          G,
          H,
          shift: affine.n,
          zeroPoint: qy.zeroPoint,
          ...ctx.clampRange(qy, node.clamp),
          rms,
          mode: ctx.nonlinear.layernorm,
          bound: String(widths.bound),
          boundBits: widths.bound.toString(2).length + 1,
        },
      });
    },
  };
}

/** G, H and the one shift: max|G| fills the multiplier's word, unless H would leave 64 bits. */
function lastStep(
  node: Node,
  ctx: LowerContext,
  gamma: readonly number[],
  beta: readonly number[],
  k: number,
): { G: Int32Array; H: BigInt64Array; n: number } {
  const q = ctx.quant(outputOf(node));
  const form = ctx.form(q);
  const bits = form.kind === 'normalized' ? form.bits : q.bits <= 8 ? 16 : 24;
  const sy = scaleOf(q);
  const factor = (Math.sqrt(gamma.length) / sy) * powerOfTwo(-k);
  const largest = gamma.reduce((a, g) => Math.max(a, Math.abs(g)), 0);
  const { M, n: wanted } = multiplier(largest * factor, { kind: 'normalized', bits });
  const most = M > 0 ? 2 ** 31 - 1 : 0;
  for (let n = wanted; n >= 0; n--) {
    const p = powerOfTwo(n);
    const G = Int32Array.from(gamma, (g) => Math.min(most, Math.max(-most, roundHalfEven(g * factor * p))));
    const H = beta.map((b) => roundHalfEven((b / sy) * p));
    const fits = H.every((h, i) => {
      if (Math.abs(h) >= 2 ** 63) return false;
      return (BigInt(Math.abs(G[i] as number)) << BigInt(k)) + BigInt(Math.abs(h)) + (1n << BigInt(Math.max(0, n - 1))) < 1n << 63n;
    });
    if (fits) return { G, H: BigInt64Array.from(H, BigInt), n };
  }
  throw tooWide(node, ctx, 'its bias is too far above the step of its output');
}

function tooWide(node: Node, ctx: LowerContext, got: string): StudioError {
  return new StudioError({
    code: 'out-of-range',
    what: 'A layer normalization could leave 64 bits',
    got,
    where: { node: ctx.stem(node), op: node.op },
  });
}

export const layerNormRule = layerNorm(false);
export const rmsNormRule = layerNorm(true);
