/**
 * The MulShift y = clamp(z + rshift(acc * M, n), lo, hi) as ONNX operators on int64, in all four roundings.
 * ONNX divides with truncation, so a multiple of 2^n above the proved bound is added first and taken out after: then
 * every dividend is positive. Where 64 bits have no room for it, the remainder (Mod) is subtracted before the division.
 * Law: equal to core/base/fixed-point.ts for every accumulator within the bound. Nothing is clipped, compared or asked for
 * its sign in int64, which not every build of ONNX Runtime does right (integer-onnx-graph.ts).
 */
import { HIGH } from '../base/fixed-point';
import type { Requant, Rounding } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { fileType, type IntegerGraph } from './integer-onnx-graph';

/** Multipliers and shifts with the shape in which they meet the tensor: one element, or one per channel or position. */
export interface Factors {
  readonly mul: readonly bigint[];
  readonly shift: readonly number[];
  readonly shape: readonly number[];
}

export interface Clamp {
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
}

/** A sum in int64 before its shift: `tensor` + `pending` (like `shift`), never beyond `bound` (like `shift`). */
export interface Shifted {
  readonly tensor: ValueName;
  readonly pending: readonly bigint[];
  readonly bound: readonly bigint[];
  readonly shift: readonly number[];
  readonly shape: readonly number[];
}

/** The factors of a requantization for an output of `rank` axes with its channels on `axis`. */
export function factorsOf(g: IntegerGraph, r: Requant, rank: number, axis: number): Factors {
  const mul = g.numbers(r.mul).map(BigInt);
  const shift = g.numbers(r.shift);
  if (mul.length === 1) return { mul, shift, shape: [] };
  const shape = [mul.length, ...new Array<number>(rank - 1 - axis).fill(1)];
  return { mul, shift: shift.length === 1 ? mul.map(() => shift[0] as number) : shift, shape };
}

/** The value `output` = the MulShift of (x - zeroPoint), |x - zeroPoint| <= bound. */
export function mulShift(
  g: IntegerGraph,
  x: ValueName,
  zeroPoint: number,
  bound: bigint,
  f: Factors,
  clamp: Clamp,
  stem: string,
  output: string,
): void {
  const wide = g.cast(x, 'int64', `${stem}_acc64`);
  if (g.model.arithmetic.multiplier.kind === 'tflite') {
    highMulShift(g, wide, zeroPoint, bound, f, clamp, stem, output);
    return;
  }
  const tensor = scaled(g, wide, f, stem);
  const pending = f.mul.map((M) => -M * BigInt(zeroPoint));
  shiftAndClamp(g, { tensor, pending, bound: f.mul.map((M) => abs(M) * bound), shift: f.shift, shape: f.shape }, clamp, stem, output);
}

/**
 * gemmlowp's two steps: the sum shifted to the left, times M, divided by 2^31 (halves up, which is what its doubling high
 * product does); then the shift to the right. M = -2^31, where that saturates, is made by nobody.
 */
function highMulShift(
  g: IntegerGraph,
  x: ValueName,
  zeroPoint: number,
  bound: bigint,
  f: Factors,
  clamp: Clamp,
  stem: string,
  output: string,
): void {
  const mul = f.mul.map((M, i) => M << BigInt(Math.max(0, HIGH - (f.shift[i] as number))));
  const right = f.shift.map((n) => Math.max(0, n - HIGH));
  const bounds = mul.map((M) => abs(M) * bound);
  const first: Shifted = {
    tensor: scaled(g, x, { mul, shape: f.shape }, stem),
    pending: mul.map((M) => -M * BigInt(zeroPoint)),
    bound: bounds,
    shift: mul.map(() => HIGH),
    shape: f.shape,
  };
  const tensor = new RightShift(g, first, `${stem}_high`, 'half-up').rounded(0n);
  const second = { tensor, pending: mul.map(() => 0n), bound: bounds.map((b) => (b >> BigInt(HIGH)) + 1n), shift: right, shape: f.shape };
  shiftAndClamp(g, second, clamp, stem, output);
}

/** x * M; x itself where every M is 1. */
export function scaled(g: IntegerGraph, x: ValueName, f: Pick<Factors, 'mul' | 'shape'>, stem: string): ValueName {
  if (f.mul.every((M) => M === 1n)) return x;
  return g.apply('Mul', [x, g.constant(`${stem}_multiplier`, 'int64', f.shape, f.mul)], `${stem}_scaled`);
}

export function shiftAndClamp(g: IntegerGraph, v: Shifted, clamp: Clamp, stem: string, output: string): void {
  const rounded = new RightShift(g, v, stem, g.model.arithmetic.rounding).rounded(BigInt(clamp.zeroPoint));
  const reach = v.bound.reduce(
    (most, b, i) => {
      const r = (b >> BigInt(v.shift[i] as number)) + 1n;
      return r > most ? r : most;
    },
    abs(BigInt(clamp.zeroPoint)),
  );
  const near = reach + abs(BigInt(clamp.zeroPoint)) < 1n << 31n ? rounded : nearer(g, rounded, stem);
  clipped(g, g.cast(near, 'int32', `${stem}_near`), clamp.lo, clamp.hi, stem, output);
}

function clipped(g: IntegerGraph, x: ValueName, lo: number, hi: number, stem: string, output: string): void {
  const bound = (label: string, at: number): ValueName => g.constant(`${stem}_${label}`, 'int32', [], [at]);
  const inputs = [x, bound('lo', lo), bound('hi', hi)];
  const type = fileType(g.info(output).dtype);
  if (type === 'int32') g.emit('Clip', inputs, g.tensor(output));
  else g.castTo(g.apply('Clip', inputs, `${stem}_clamped`), type, g.tensor(output));
}

/** x in int64 where |x| < 2^30, else a number below 2^31 in size with the sign of x: no clamp of ours lies beyond. */
function nearer(g: IntegerGraph, x: ValueName, stem: string): ValueName {
  const number = (dtype: 'int32' | 'int64', at: bigint): ValueName => g.constant(`${stem}_near_number`, dtype, [], [at]);
  return [1n << 32n, 1n << 30n].reduce((from, unit) => {
    const high = g.cast(g.apply('Div', [from, number('int64', unit)], `${stem}_units`), 'int32', `${stem}_units32`);
    const side = g.cast(g.apply('Clip', [high, number('int32', -1n), number('int32', 1n)], `${stem}_side32`), 'int64', `${stem}_side`);
    const far = g.apply('Mul', [side, side], `${stem}_far`);
    const kept = g.apply('Mul', [from, g.apply('Sub', [number('int64', 1n), far], `${stem}_within`)], `${stem}_kept`);
    return g.apply('Add', [kept, g.apply('Mul', [side, number('int64', 1n << 30n)], `${stem}_replaced`)], `${stem}_nearer`);
  }, x);
}

const abs = (v: bigint): bigint => (v < 0n ? -v : v);

/** The four roundings of v / 2^n, and the two ways to divide downwards. */
class RightShift {
  /** 2^n */
  private readonly powers: readonly bigint[];
  /** Half of 2^n; 0 where n is 0. */
  private readonly halves: readonly bigint[];
  /** Multiples of 2^(n+1) that make every sum positive; undefined where 64 bits have no room for one. */
  private readonly offsets: readonly bigint[] | undefined;

  constructor(
    private readonly g: IntegerGraph,
    private readonly v: Shifted,
    private readonly stem: string,
    private readonly mode: Rounding,
  ) {
    this.powers = v.shift.map((n) => 1n << BigInt(n));
    this.halves = this.powers.map((p) => p >> 1n);
    const offsets = v.bound.map((bound, i) => {
      // an even multiple: the parity of the quotient stays
      const unit = 2n * (this.powers[i] as bigint);
      return ((bound + unit - 1n) / unit) * unit;
    });
    const fits = offsets.every((o, i) => o + (v.bound[i] as bigint) + (this.powers[i] as bigint) < 1n << 63n);
    this.offsets = fits ? offsets : undefined;
  }

  /** rshift(v, n) + zeroPoint */
  rounded(zeroPoint: bigint): ValueName {
    const { g, v, halves, mode } = this;
    if (v.shift.every((n) => n === 0)) return this.plus(v.tensor, (i) => (v.pending[i] as bigint) + zeroPoint, 'shifted');
    switch (mode) {
      case 'floor':
        return this.divided(v.tensor, (i) => v.pending[i] as bigint, zeroPoint, 'quotient');
      case 'half-up':
        return this.divided(v.tensor, (i) => (v.pending[i] as bigint) + (halves[i] as bigint), zeroPoint, 'quotient');
      case 'half-away': {
        // with quotients cut towards 0: (v + half) / 2^n is right for v > 0, (v - half) / 2^n for v < 0, and where they differ they
        // do by 1; so their sum less its half is the one that is right
        const up = this.plus(v.tensor, (i) => (v.pending[i] as bigint) + (halves[i] as bigint), 'above');
        const down = this.plus(v.tensor, (i) => (v.pending[i] as bigint) - (halves[i] as bigint), 'below');
        const both = g.apply('Add', [this.quotient(up, 'quotient_above'), this.quotient(down, 'quotient_below')], `${this.stem}_both`);
        const half = g.apply('Div', [both, g.constant(`${this.stem}_two`, 'int64', [], [2])], `${this.stem}_half_of_both`);
        return this.plus(g.apply('Sub', [both, half], `${this.stem}_quotient`), () => zeroPoint, 'shifted');
      }
      case 'half-even': {
        // floor((v + half - 1 + (floor(v / 2^n) & 1)) / 2^n): a tie goes up from an odd quotient only
        const down = this.divided(v.tensor, (i) => v.pending[i] as bigint, undefined, 'below');
        const parity = this.vector(
          'parity',
          v.shift.map((n) => (n === 0 ? 1n : 2n)),
        );
        const odd = g.apply('Mod', [down, parity], `${this.stem}_odd`);
        const sum = g.apply('Add', [v.tensor, odd], `${this.stem}_to_even`);
        const before = (i: number): bigint => (v.pending[i] as bigint) + ((halves[i] as bigint) > 0n ? (halves[i] as bigint) - 1n : 0n);
        return this.divided(sum, before, zeroPoint, 'quotient');
      }
      default:
        return mode satisfies never;
    }
  }

  /** floor((x + term) / 2^n) + after; `after` undefined: up to an even number, for whoever asks for the parity only. */
  private divided(x: ValueName, term: (i: number) => bigint, after: bigint | undefined, label: string): ValueName {
    const { g, stem, offsets, powers } = this;
    if (offsets) {
      const positive = this.plus(x, (i) => term(i) + (offsets[i] as bigint), `${label}_positive`);
      const quotient = this.quotient(positive, label);
      if (after === undefined) return quotient;
      return this.plus(quotient, (i) => after - (offsets[i] as bigint) / (powers[i] as bigint), `${label}_shifted`);
    }
    const sum = this.plus(x, term, `${label}_sum`);
    const rest = g.apply('Mod', [sum, this.vector('modulus', powers)], `${stem}_${label}_rest`);
    const whole = g.apply('Sub', [sum, rest], `${stem}_${label}_whole`);
    return this.plus(this.quotient(whole, label), () => after ?? 0n, `${label}_shifted`);
  }

  private quotient(x: ValueName, label: string): ValueName {
    return this.g.apply('Div', [x, this.vector('divisor', this.powers)], `${this.stem}_${label}`);
  }

  private plus(x: ValueName, term: (i: number) => bigint, label: string): ValueName {
    const { g, v, stem } = this;
    const values = v.shift.map((_, i) => term(i));
    const same = values.every((t) => t === values[0]);
    return same ? g.plus(x, values.slice(0, 1), [], `${stem}_${label}`) : g.plus(x, values, v.shape, `${stem}_${label}`);
  }

  private vector(label: string, values: readonly bigint[]): ValueName {
    return this.g.constant(`${this.stem}_${label}`, 'int64', this.v.shape, values);
  }
}
