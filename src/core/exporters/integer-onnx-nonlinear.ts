/**
 * Softmax, layer normalization and choices as integer operators, in int64 where 32 bits would not hold them. Divisions are
 * of positive numbers, so that ONNX's truncation is the quotient rounded down. No comparison, no bool: a mask is a factor.
 * Law: equal to the exact executor for every input in range, also where ONNX Runtime is inexact: it may compare int64 by
 * halves (see integer-onnx-graph.ts) and sum int64 in float64.
 */
import type { LayerNormOp, SoftmaxOp, WhereOp } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { fileType, intAttr, intsAttr, type IntegerGraph } from './integer-onnx-graph';
import { shiftAndClamp } from './integer-onnx-requant';

/** Below every score, and far enough from the ends of int32. */
const LOWEST = -(2 ** 30);
/** Newton steps from a first guess of at most twice the root: after six the root was reached, and each later step gives it or 1 more. */
const STEPS = 7;
/** Above every V and every sum of probabilities. */
const ABOVE = 1n << 62n;
/** Up to here float64 holds every whole number. */
const EXACT = 1n << 53n;

/** Operators with two operands and numbers of one type. */
class Whole {
  constructor(
    readonly g: IntegerGraph,
    private readonly stem: string,
    private readonly dtype: 'int32' | 'int64',
  ) {}

  number(v: number | bigint, shape: readonly number[] = [], label = 'number'): ValueName {
    return this.g.constant(`${this.stem}_${label}`, this.dtype, shape, [v]);
  }

  make(op: string, label: string, ...inputs: readonly (ValueName | number | bigint)[]): ValueName {
    const names = inputs.map((x) => (typeof x === 'string' ? x : this.number(x)));
    return this.g.apply(op, names, `${this.stem}_${label}`);
  }

  sum(x: ValueName, axes: readonly number[], label: string): ValueName {
    const list = this.g.ints(`${this.stem}_axes`, axes);
    return this.g.apply('ReduceSum', [x, list], `${this.stem}_${label}`, { keepdims: intAttr(1) });
  }
}

export function emitSoftmax(g: IntegerGraph, op: SoftmaxOp): void {
  const { axis, pb, mode, mask } = op.softmax;
  const narrow = new Whole(g, op.name, 'int32');
  const wide = new Whole(g, op.name, 'int64');
  const keep = mask === undefined ? undefined : kept(g, op.name, mask);
  let x = g.cast(g.tensor(op.inputs[0] as string), 'int32', `${op.name}_wide`);
  if (keep) {
    const small = g.cast(keep, 'int32', `${op.name}_keep32`);
    const out = narrow.make('Mul', 'out', narrow.make('Sub', 'dropped', 1, small), LOWEST);
    x = narrow.make('Add', 'scores', narrow.make('Mul', 'unmasked', x, small), out);
  }
  const top = largest(g, x, axis, op.name);
  const entries = g.numbers(op.softmax.table);
  const d = narrow.make('Min', 'entry', narrow.make('Sub', 'below', top, x), entries.length - 1);
  const table = g.constant(`${op.name}_exp`, 'int64', [entries.length], entries);
  let e = g.apply('Gather', [table, d], `${op.name}_e`, { axis: intAttr(0) });
  if (keep) e = wide.make('Mul', 'kept', e, keep);
  if (mode === 'deferred') {
    g.castTo(e, fileType(g.info(op.output).dtype), g.tensor(op.output));
    return;
  }
  const S = wide.sum(e, [axis], 'sum');
  const divisor = atLeastOne(wide, S);
  const full = (1n << BigInt(pb)) - 1n;
  let p: ValueName;
  if (mode === 'divide') {
    const dividend = wide.make('Add', 'dividend', wide.make('Mul', 'scaled', e, full), wide.make('Div', 'half', S, 2));
    p = wide.make('Div', 'p', dividend, divisor);
  } else {
    const R = wide.make('Div', 'reciprocal', full << 31n, divisor);
    p = wide.make('Div', 'p', wide.make('Add', 'dividend', wide.make('Mul', 'scaled', e, R), 1n << 30n), 1n << 31n);
  }
  g.castTo(p, fileType(g.info(op.output).dtype), g.tensor(op.output));
}

/** acc * R in int64, R = 2^30 div S, with S the sum of a row of `left`; 0 where S is 0. */
export function timesReciprocal(g: IntegerGraph, stem: string, acc: ValueName, left: string): ValueName {
  const wide = new Whole(g, stem, 'int64');
  const rank = g.info(left).shape.length;
  const narrow = new Whole(g, stem, 'int32');
  // at most 32768 bytes a row
  const S = narrow.sum(g.cast(g.tensor(left), 'int32', `${stem}_row32`), [rank - 1], 'row');
  // an empty row has the accumulator 0
  const R = narrow.make('Div', 'reciprocal', 2 ** 30, narrow.make('Max', 'divisor', S, 1));
  return wide.make('Mul', 'divided', g.cast(acc, 'int64', `${stem}_acc64`), g.cast(R, 'int64', `${stem}_reciprocal64`));
}

/** 1 - mask in int64. */
function kept(g: IntegerGraph, stem: string, mask: string): ValueName {
  if (g.model.constants.has(mask)) {
    return g.constant(
      `${stem}_keep`,
      'int64',
      g.info(mask).shape,
      g.numbers(mask).map((v) => 1 - v),
    );
  }
  const wide = new Whole(g, stem, 'int64');
  return wide.make('Sub', 'keep', 1, g.cast(g.tensor(mask), 'int64', `${stem}_mask64`));
}

function largest(g: IntegerGraph, x: ValueName, axis: number, stem: string): ValueName {
  const keepdims = { keepdims: intAttr(1) };
  if (g.opset >= 18) return g.apply('ReduceMax', [x, g.ints(`${stem}_axis`, [axis])], `${stem}_top`, keepdims);
  return g.apply('ReduceMax', [x], `${stem}_top`, { axes: intsAttr([axis]), ...keepdims });
}

export function emitLayerNorm(g: IntegerGraph, op: LayerNormOp): void {
  const a = op.layernorm;
  const w = new Whole(g, op.name, 'int64');
  const name = op.inputs[0] as string;
  const { shape, quant } = g.info(name);
  const axes = shape.map((_, i) => i).slice(a.axis);
  const x = g.cast(g.tensor(name), 'int64', `${op.name}_wide`);
  const times = w.make('Mul', 'times', x, a.C);
  let c = a.rms ? w.make('Sub', 'c', times, a.C * g.zeroPoint(name)) : w.make('Sub', 'c', times, w.sum(x, axes, 'mean'));
  if (a.t > 0) {
    // a multiple of 2^t above every |c| makes the dividend positive
    const reach = BigInt(a.C) * (1n << BigInt((quant?.bits ?? 16) + 1));
    const lift = ((reach >> BigInt(a.t)) + 1n) << BigInt(a.t);
    c = w.make('Sub', 'shifted', w.make('Div', 'down', w.make('Add', 'lifted', c, lift), 1n << BigInt(a.t)), lift >> BigInt(a.t));
  }
  const squares = sumOfSquares(w, c, axes, BigInt(a.bound) >> BigInt(2 * a.f));
  const V = w.make('Add', 'v', w.make('Mul', 'v_scaled', squares, 1n << BigInt(2 * a.f)), BigInt(a.E));
  const D = root(w, BigInt(a.E) > 0n ? V : atLeastOne(w, V));
  const size = w.make('Abs', 'size', c);
  let u: ValueName;
  if (a.mode === 'divide') {
    const dividend = w.make('Add', 'dividend', w.make('Mul', 'raised', size, 1n << BigInt(a.k + a.f)), w.make('Div', 'half', D, 2));
    u = w.make('Div', 'quotient', dividend, D);
  } else {
    const R = w.make('Div', 'reciprocal', 1n << BigInt(a.k + a.f + 31), D);
    u = w.make('Div', 'quotient', w.make('Add', 'dividend', w.make('Mul', 'raised', size, R), 1n << 30n), 1n << 31n);
  }
  // |c| < 2^31, as bound(V) < 2^62: Sign is exact
  const signed = w.make('Mul', 'u', u, w.make('Sign', 'sign', c));
  const G = g.numbers(a.G).map(BigInt);
  const H = Array.from(g.known(a.H).data as ArrayLike<number | bigint>, BigInt);
  const inner = shape.slice(a.axis);
  const tensor = w.make('Mul', 'gained', signed, g.constant(`${op.name}_gain`, 'int64', inner, G));
  const abs = (v: bigint): bigint => (v < 0n ? -v : v);
  const bound = G.map((v, i) => (abs(v) << BigInt(a.k)) + abs(H[i] as bigint));
  shiftAndClamp(g, { tensor, pending: H, bound, shift: G.map(() => a.shift), shape: inner }, a, op.name, op.output);
}

/** 1 where v is 0, v above, 0 <= v < 2^62. */
function atLeastOne(w: Whole, v: ValueName): ValueName {
  const some = w.make('Div', 'some', w.make('Add', 'raised_by_one', v, ABOVE - 1n), ABOVE);
  return w.make('Add', 'positive', v, w.make('Sub', 'none', 1, some));
}

/** In two halves where the sum may pass 2^53. */
function sumOfSquares(w: Whole, c: ValueName, axes: readonly number[], bound: bigint): ValueName {
  const square = w.make('Mul', 'square', c, c);
  if (bound < EXACT) return w.sum(square, axes, 'squares');
  const half = 1n << 31n;
  const high = w.sum(w.make('Div', 'square_high', square, half), axes, 'squares_high');
  const low = w.sum(w.make('Mod', 'square_low', square, half), axes, 'squares_low');
  return w.make('Add', 'squares', w.make('Mul', 'squares_raised', high, half), low);
}

/** floor(sqrt(v)) for 1 <= v < 2^62. */
function root(w: Whole, v: ValueName): ValueName {
  const { g } = w;
  const rank = 31;
  // how many powers of 4 are not above v: the root has so many bits
  const lacking = g.constant(
    `${v}_powers`,
    'int64',
    [rank],
    Array.from({ length: rank }, (_, i) => ABOVE - (1n << BigInt(2 * i))),
  );
  const reached = w.make('Div', 'reached', w.make('Add', 'in_powers', v, lacking), ABOVE);
  const bits = w.sum(reached, [-1], 'root_bits');
  const guesses = g.constant(
    `${v}_guesses`,
    'int64',
    [rank + 1],
    Array.from({ length: rank + 1 }, (_, i) => 1n << BigInt(i)),
  );
  let x = g.apply('Gather', [guesses, bits], `${v}_guess`, { axis: intAttr(0) });
  let before = x;
  for (let i = 0; i < STEPS; i++) {
    before = x;
    x = w.make('Div', 'newton', w.make('Add', 'twice', x, w.make('Div', 'ratio', v, x)), 2);
  }
  // the two last are the root twice, or the root and 1 more
  return w.make('Div', 'root', w.make('Add', 'last_two', before, x), 2);
}

/** b + (a - b) * condition */
export function emitWhere(g: IntegerGraph, op: WhereOp): void {
  const w = new Whole(g, op.name, 'int32');
  const [a, b, condition] = [...op.operands, op.condition].map((name, i) =>
    g.cast(g.tensor(name), 'int32', `${op.name}_x${i + 1}_wide`),
  ) as [ValueName, ValueName, ValueName];
  const y = w.make('Add', 'chosen', b, w.make('Mul', 'change', w.make('Sub', 'difference', a, b), condition));
  g.castTo(y, fileType(g.info(op.output).dtype), g.tensor(op.output));
}
