/**
 * Convolutions and matrix products as ConvInteger and MatMulInteger on unsigned bytes (fast and without saturation in
 * every runtime): signed tensors are shifted by 128 together with their zero point. Operands of 9 to 16 bits are two
 * passes, 256 * high + low. The bias is added in int32, then comes the MulShift.
 */
import type { ConvOp, IntConstant, MatMulOp } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { heldBy } from '../integer/accumulator';
import { RECIPROCAL } from '../ops/lower/linear';
import { intAttr, intsAttr, type IntegerGraph, type Plane } from './integer-onnx-graph';
import type { Attrs } from './qdq-graph';
import { timesReciprocal } from './integer-onnx-nonlinear';
import { kept, sumName } from './integer-onnx-register';
import { factorsOf, mulShift, scaled } from './integer-onnx-requant';

export function emitConv(g: IntegerGraph, op: ConvOp): void {
  const { strides, dilations, group } = op.attrs;
  const weight = g.info(op.weight);
  const [x, pads] = cropped(g, op);
  const attrs = {
    strides: intsAttr(strides),
    pads: intsAttr(pads),
    dilations: intsAttr(dilations),
    group: intAttr(group),
    kernel_shape: intsAttr(weight.shape.slice(2)),
  };
  const w = weightPlane(g, op.weight, weight.shape, (i) => i);
  // the runtime pads with the zero point of x, the integer that means 0.0
  const sum = sumName(g, op);
  const terms = x.map((p, i) => product(g, op, sum, 'ConvInteger', p, w, x.length === 1, `${i}`, attrs));
  const bias = op.bias === undefined ? undefined : g.numbers(op.bias);
  finish(g, op, sum, terms, bias, [weight.shape[0] as number, ...strides.map(() => 1)], 1);
}

/** The planes of x without what negative pads cut off, and the other pads. */
function cropped(g: IntegerGraph, op: ConvOp): [readonly Plane[], readonly number[]] {
  const planes = g.planes(op.inputs[0] as string);
  const { pads } = op.attrs;
  if (pads.every((p) => p >= 0)) return [planes, pads];
  const rank = pads.length / 2;
  const extents = g.info(op.inputs[0] as string).shape.slice(2);
  const cut = (i: number): number => Math.max(0, -(pads[i] as number));
  const list = (label: string, f: (axis: number) => number): ValueName =>
    g.ints(
      `${op.name}_crop_${label}`,
      extents.map((_, i) => f(i)),
    );
  const inputs = [list('starts', cut), list('ends', (i) => (extents[i] as number) - cut(i + rank)), list('axes', (i) => i + 2)];
  const inner = planes.map((p) => ({ ...p, tensor: g.apply('Slice', [p.tensor, ...inputs], `${op.name}_cropped`) }));
  return [inner, pads.map((p) => Math.max(0, p))];
}

export function emitMatMul(g: IntegerGraph, op: MatMulOp): void {
  const a = g.planes(op.inputs[0] as string);
  const b = op.weight === undefined ? activation(g, op) : [columns(g, op.weight, op.attrs.transB)];
  const sum = sumName(g, op);
  const terms = a.flatMap((p, i) => b.map((q, j) => product(g, op, sum, 'MatMulInteger', p, q, a.length * b.length === 1, `${i}${j}`)));
  if (op.requant.rowMul !== undefined) {
    finishRows(g, op, sum, terms, op.requant.rowMul);
    return;
  }
  const bias = op.bias === undefined ? undefined : g.numbers(op.bias);
  finish(g, op, sum, terms, bias, [bias?.length ?? 1], g.info(op.acc).shape.length - 1);
}

/** The right operand of a product of two activations. */
function activation(g: IntegerGraph, op: MatMulOp): readonly Plane[] {
  const name = op.inputs[1] as string;
  const planes = g.planes(name);
  if (op.attrs.transB === 0) return planes;
  const rank = g.info(name).shape.length;
  const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  return planes.map((p) => ({ ...p, tensor: g.apply('Transpose', [p.tensor], `${op.name}_transposed`, { perm: intsAttr(perm) }) }));
}

/** A weight as [K, N]. */
function columns(g: IntegerGraph, name: string, transB: 0 | 1): Plane {
  const { shape } = g.info(name);
  if (transB === 0) return weightPlane(g, name, shape, (i) => i);
  const [n, k] = shape as [number, number];
  return weightPlane(g, name, [k, n], (i) => (i % n) * k + Math.floor(i / n));
}

/** A weight of at most 8 bits; element i is element `source(i)` of the constant. */
function weightPlane(g: IntegerGraph, name: string, shape: readonly number[], source: (i: number) => number): Plane {
  const { dtype, data, coded } = g.known(name);
  const shift = dtype === 'uint8' ? 0 : 128;
  if (coded) return { tensor: decodedBytes(g, name, coded, shape, source, shift), zeroPoint: shift, weight: 1 };
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number(data[source(i)]) + shift;
  return { tensor: g.bytes(`${name}_u8`, shape, bytes), zeroPoint: shift, weight: 1 };
}

/** The bytes of a weight with a codebook, looked up in its table. */
function decodedBytes(
  g: IntegerGraph,
  name: string,
  coded: NonNullable<IntConstant['coded']>,
  shape: readonly number[],
  source: (i: number) => number,
  shift: number,
): ValueName {
  const all = g.numbers(coded.codes);
  const codes = g.constant(
    `${name}_codes_i32`,
    'int32',
    shape,
    all.map((_, i) => all[source(i)] as number),
  );
  const table = g.bytes(
    `${name}_table_u8`,
    [g.numbers(coded.table).length],
    Uint8Array.from(g.numbers(coded.table), (t) => t + shift),
  );
  return g.apply('Gather', [table, codes], `${name}_decoded`);
}

/** The product of two planes at its place in the sum. `only`: it is the whole sum but for the bias. */
function product(
  g: IntegerGraph,
  op: ConvOp | MatMulOp,
  sum: ValueName,
  type: 'ConvInteger' | 'MatMulInteger',
  a: Plane,
  b: Plane,
  only: boolean,
  label: string,
  attrs: Attrs = {},
): ValueName {
  const out = only && (op.bias === undefined || op.requant.rowMul !== undefined) ? sum : g.made.name(`${op.name}_product${label}`);
  g.emit(type, operands(g, a, b), out, attrs, 'int32');
  const weight = a.weight * b.weight;
  if (weight === 1) return out;
  return g.apply('Mul', [out, g.constant(`${out}_place`, 'int32', [], [weight])], `${out}_weighted`);
}

function operands(g: IntegerGraph, a: Plane, b: Plane): ValueName[] {
  const zero = (p: Plane): ValueName => g.constant(`${p.tensor}_zero_point`, 'uint8', [], [p.zeroPoint]);
  return [a.tensor, b.tensor, zero(a), zero(b)];
}

/** acc = the sum of the terms and the bias, y = its MulShift. */
function finish(
  g: IntegerGraph,
  op: ConvOp | MatMulOp,
  sum: ValueName,
  terms: readonly ValueName[],
  bias: readonly number[] | undefined,
  biasShape: readonly number[],
  channelAxis: number,
): void {
  const all = [...terms, ...(bias ? [g.constant(`${op.bias ?? op.name}_row`, 'int32', biasShape, bias)] : [])];
  const acc = kept(g, op, sumTo(g, all, sum, op.name));
  const factors = factorsOf(g, op.requant, g.info(op.acc).shape.length, channelAxis);
  if (op.kind === 'matmul' && op.deferred) {
    const bound = BigInt(RECIPROCAL) * BigInt(g.magnitude(op.inputs[1] as string));
    mulShift(g, timesReciprocal(g, op.name, acc, op.inputs[0] as string), 0, bound, factors, op.requant, op.name, op.output);
    return;
  }
  mulShift(g, acc, 0, heldBy(g.model.arithmetic.accumulator, BigInt(op.accumulator.bound)), factors, op.requant, op.name, op.output);
}

/** acc = the sum of the terms; y = the MulShift of acc * T + B, which are 64 bits wide. */
function finishRows(g: IntegerGraph, op: MatMulOp, sum: ValueName, terms: readonly ValueName[], rowMul: string): void {
  const acc = kept(g, op, sumTo(g, terms, sum, op.name));
  const rows = g.numbers(rowMul).map(BigInt);
  const wide = g.cast(acc, 'int64', `${op.name}_acc64`);
  const scaledRows = scaled(g, wide, { mul: rows, shape: [rows.length, 1] }, `${op.name}_rows`);
  const bias = op.bias === undefined ? undefined : Array.from(g.known(op.bias).data, BigInt);
  const total = bias ? g.plus(scaledRows, bias, [bias.length], `${op.name}_biased`) : scaledRows;
  const size = (values: readonly bigint[]): bigint => values.reduce((most, v) => (v > most ? v : -v > most ? -v : most), 0n);
  const bound = BigInt(op.accumulator.bound) * size(rows) + size(bias ?? []);
  const factors = factorsOf(g, op.requant, g.info(op.acc).shape.length, g.info(op.acc).shape.length - 1);
  mulShift(g, total, 0, bound, factors, op.requant, op.name, op.output);
}

/** The sum under the name given. */
function sumTo(g: IntegerGraph, terms: readonly ValueName[], out: ValueName, stem: string): ValueName {
  const [first, second, ...rest] = terms as [ValueName, ...ValueName[]];
  if (second === undefined) return first; // made under this name already
  if (rest.length === 0) return g.emit('Add', [first, second], out);
  return sumTo(g, [g.apply('Add', [first, second], `${stem}_sum`), ...rest], out, stem);
}
