/**
 * LayerNormalization and RMSNormalization of integers, row by row (LayerNormOp says the formula). V has up to 62 bits:
 * its sum is kept in three parts below 2^53 each and joined once a row. All else is exact in float64, because V < 2^62
 * means |c|*2^f < 2^31, so that a dividend is below 2^52 and |u| <= 2^k; the last product is where it may be wider.
 */
import { fitsFast, powerOfTwo, rshift, rshiftFast } from '../../base/fixed-point';
import { StudioError } from '../../base/errors';
import { isqrt } from '../../base/isqrt';
import type { IntegerModel, LayerNormOp } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { constantOf, newTensor, numbersOf, operandOf, zeroPointOf, type Numbers, type OpResult, type Tensors } from './tensors';

const TWO_15 = 32768;
const TWO_31 = 2147483648;

export function executeLayerNorm(op: LayerNormOp, tensors: Tensors, model: IntegerModel): OpResult {
  const a = op.layernorm;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const output = newTensor(model, op.output);
  const last = lastStep(op, model);
  const { C } = a;
  if (sizeOf(x.value.shape.slice(a.axis)) !== C || last.G.length !== C) {
    throw new StudioError({ code: 'bad-shape', what: 'A layer normalization has other rows than its input', where: { node: op.name } });
  }
  const E = BigInt(a.E);
  const c = new Float64Array(C);
  for (let from = 0; from < x.data.length; from += C) {
    centre(x.data, from, a.rms ? zeroPointOf(x.value) : undefined, a.t, c);
    const D = Math.max(1, isqrt((sumOfSquares(c) << BigInt(2 * a.f)) + E));
    // from here on c holds u
    if (a.mode === 'divide') divide(c, D, a.k + a.f);
    else multiply(c, D, a.k + a.f);
    last.write(c, output.data, from);
  }
  return { output };
}

/** c = (C*q - sum(q)) >> t, or (C*(q - zero)) >> t. */
function centre(x: Numbers, from: number, zero: number | undefined, t: number, c: Float64Array): void {
  const C = c.length;
  let sum = 0;
  if (zero === undefined) for (let i = 0; i < C; i++) sum += x[from + i] as number;
  else sum = C * zero;
  if (t === 0) {
    for (let i = 0; i < C; i++) c[i] = C * (x[from + i] as number) - sum;
    return;
  }
  const down = powerOfTwo(-t);
  for (let i = 0; i < C; i++) c[i] = Math.floor((C * (x[from + i] as number) - sum) * down);
}

/** Exact: c = 2^15*h + l, 0 <= l < 2^15, |c| < 2^40; h^2, h*l and l^2 are summed apart. */
function sumOfSquares(c: Float64Array): bigint {
  let hh = 0;
  let hl = 0;
  let ll = 0;
  for (let i = 0; i < c.length; i++) {
    const v = c[i] as number;
    const h = Math.floor(v / TWO_15);
    const l = v - h * TWO_15;
    hh += h * h;
    hl += h * l;
    ll += l * l;
  }
  return (BigInt(hh) << 30n) + (BigInt(hl) << 16n) + BigInt(ll);
}

function divide(c: Float64Array, D: number, bits: number): void {
  const scale = powerOfTwo(bits);
  const half = Math.floor(D / 2);
  for (let i = 0; i < c.length; i++) {
    const v = c[i] as number;
    const u = Math.floor((Math.abs(v) * scale + half) / D);
    c[i] = v < 0 ? -u : u;
  }
}

/** R has up to 59 bits but |c|*R is below 2^52: where R is not exact in a float64, the product is taken in BigInt. */
function multiply(c: Float64Array, D: number, bits: number): void {
  const wide = (1n << BigInt(bits + 31)) / BigInt(D);
  const R = Number(wide);
  const exact = R < 2 ** 53;
  for (let i = 0; i < c.length; i++) {
    const v = c[i] as number;
    const a = Math.abs(v);
    const product = exact ? a * R : Number(BigInt(a) * wide);
    const u = Math.floor((product + TWO_31 / 2) / TWO_31);
    c[i] = v < 0 ? -u : u;
  }
}

interface LastStep {
  readonly G: Numbers;
  /** y of one row of u. */
  write(u: Float64Array, out: Numbers, at: number): void;
}

function lastStep(op: LayerNormOp, model: IntegerModel): LastStep {
  const { k, shift, zeroPoint, lo, hi } = op.layernorm;
  const mode = model.arithmetic.rounding;
  const G = numbersOf(constantOf(model, op.layernorm.G).data, op.layernorm.G);
  const H = Array.from(constantOf(model, op.layernorm.H).data as ArrayLike<number | bigint>, BigInt);
  const offset = Float64Array.from(H, Number);
  // per element of the row: is u*G + H exact in a float64 whatever u is?
  const fast = Uint8Array.from(H, (h, i) => (fitsFast(Math.abs(G[i] as number) * powerOfTwo(k) + Math.abs(Number(h)), shift) ? 1 : 0));
  return {
    G,
    write(u, out, at) {
      for (let i = 0; i < u.length; i++) {
        const v = u[i] as number;
        const g = G[i] as number;
        const y =
          (fast[i] === 1
            ? rshiftFast(v * g + (offset[i] as number), shift, mode)
            : Number(rshift(BigInt(v) * BigInt(g) + (H[i] as bigint), shift, mode))) + zeroPoint;
        out[at + i] = y < lo ? lo : y > hi ? hi : y;
      }
    },
  };
}
