/** Traces of products: convolution, and matrix products of all forms (constant weight, two activations, token scales, deferred softmax). */
import type { ConvOp, MatMulOp } from '../../ir/integer-model';
import { positionOf } from '../../ir/places';
import { broadcastTo, computed, placesOf, read, type Operand, type Reader } from './reader';
import { accumulatorLines } from './register';
import { mulShiftFormula, mulShiftLines } from './requant';
import type { Trace, TraceColumn, TraceLine, TraceTerm } from './types';

export type Body = Pick<Trace, 'formula' | 'operands' | 'terms' | 'lines'>;

/** x − zx and w − zw have a bit more than x and w where there is a zero point to take off. */
function productColumns(x: Operand, zx: bigint, w: Operand, zw: bigint): TraceColumn[] {
  const wide = (o: Operand, z: bigint): number => o.bits + (z === 0n && o.signed ? 0 : 1);
  const both = wide(x, zx) + wide(w, zw);
  return [
    { symbol: 'x', title: 'Element of the input', bits: x.bits, signed: x.signed },
    { symbol: 'x − zx', title: 'Without the zero point of the input', bits: wide(x, zx), signed: true },
    { symbol: 'w', title: w.name, bits: w.bits, signed: w.signed },
    ...(zw === 0n ? [] : [{ symbol: 'w − zw', title: 'Without its zero point', bits: wide(w, zw), signed: true }]),
    { symbol: 'product', title: zw === 0n ? '(x − zx) × w' : '(x − zx) × (w − zw)', bits: both, signed: true },
  ];
}

function productTerm(
  x: Operand,
  zx: bigint,
  w: Operand,
  zw: bigint,
  xAt: readonly number[] | undefined,
  wAt: readonly number[],
): TraceTerm & { readonly product: bigint } {
  const q = xAt === undefined ? zx : x.at(positionOf(xAt, x.shape));
  const v = w.at(positionOf(wAt, w.shape));
  const product = (q - zx) * (v - zw);
  const values = [q, q - zx, v, ...(zw === 0n ? [] : [v - zw]), product];
  return { at: [xAt, wAt], values, mark: xAt === undefined ? 'padding' : undefined, product };
}

/** The sum of the rows, the bias, and the accumulator. */
function accLines(reader: Reader, sum: bigint, bias: Operand | undefined, channel: number, bits: number): TraceLine[] {
  if (!bias) return accumulatorLines(reader.model, 'Accumulator: the sum of the products', 'Σ product', sum, bits);
  const B = read('B', 'Bias, in steps of the accumulator', bias, [channel]);
  return [
    computed('Σ', 'Sum of the products', 'Σ product', sum, bits),
    B,
    ...accumulatorLines(reader.model, 'Accumulator', 'Σ + B', sum + B.value, bits),
  ];
}

export function traceConv(op: ConvOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const x = reader.operand(op.inputs[0] as string);
  const w = reader.operand(op.weight);
  const [n = 0, o = 0, ...place] = index;
  const { strides, pads, dilations, group } = op.attrs;
  const perGroup = w.shape[1] as number;
  const first = Math.floor(o / ((w.shape[0] as number) / group)) * perGroup;
  const rows: TraceTerm[] = [];
  let sum = 0n;
  for (const [c = 0, ...tap] of placesOf(w.shape.slice(1))) {
    const spot = place.map((v, i) => v * (strides[i] as number) - (pads[i] as number) + (tap[i] as number) * (dilations[i] as number));
    const inside = spot.every((v, i) => v >= 0 && v < (x.shape[i + 2] as number));
    const { product, ...term } = productTerm(x, x.zeroPoint, w, 0n, inside ? [n, first + c, ...spot] : undefined, [o, c, ...tap]);
    sum += product;
    rows.push(term);
  }
  const bias = op.bias === undefined ? undefined : reader.operand(op.bias);
  const lines = accLines(reader, sum, bias, o, op.accumulator.boundBits);
  const acc = lines.at(-1) as TraceLine;
  const columns = productColumns(x, x.zeroPoint, w, 0n);
  return {
    formula: `acc = Σ (x − zx) × w${bias ? ' + B' : ''}; ${mulShiftFormula(acc.symbol, op.requant)}`,
    operands: [reader.link('x1', x.name), reader.link('x2', w.name)],
    terms: { title: 'Products', columns, rows, weighty: columns.length - 1 },
    lines: [...lines, ...mulShiftLines(reader, op.requant, acc.symbol, acc.value, o, output)],
  };
}

export function traceMatMul(op: MatMulOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const x = reader.operand(op.inputs[0] as string);
  const w = reader.operand(op.weight ?? (op.inputs[1] as string));
  const zw = op.weight === undefined ? w.zeroPoint : 0n;
  const column = index.at(-1) as number;
  const rows: TraceTerm[] = [];
  let sum = 0n;
  let rowSum = 0n;
  for (let k = 0, K = x.shape.at(-1) as number; k < K; k++) {
    const lead = index.slice(0, -2);
    const xAt = broadcastTo([...index.slice(0, -1), k], x.shape);
    const wAt = broadcastTo(op.attrs.transB === 1 ? [...lead, column, k] : [...lead, k, column], w.shape);
    const { product, ...term } = productTerm(x, x.zeroPoint, w, zw, xAt, wAt);
    sum += product;
    rowSum += term.values[0] as bigint;
    rows.push(term);
  }
  const bias = op.bias === undefined ? undefined : reader.operand(op.bias);
  const lines = totalLines(op, index, sum, rowSum, bias, reader);
  const total = lines.at(-1) as TraceLine;
  const columns = productColumns(x, x.zeroPoint, w, zw);
  return {
    formula: `acc = Σ (x − zx) × ${zw === 0n ? 'w' : '(w − zw)'}${lines.some((l) => l.symbol === 'Σ') ? ' + B' : ''}; ${total.symbol === 't' ? `t = ${total.formula ?? ''}; ` : ''}${mulShiftFormula(total.symbol, op.requant)}`,
    operands: [reader.link('x1', x.name), reader.link('x2', w.name)],
    terms: { title: 'Products', columns, rows, weighty: columns.length - 1 },
    lines: [...lines, ...mulShiftLines(reader, op.requant, total.symbol, total.value, column, output)],
  };
}

/** What is multiplied by M: the accumulator, or the accumulator with a token's scale, or divided for a softmax. */
function totalLines(
  op: MatMulOp,
  index: readonly number[],
  sum: bigint,
  rowSum: bigint,
  bias: Operand | undefined,
  reader: Reader,
): TraceLine[] {
  const column = index.at(-1) as number;
  const bits = op.accumulator.boundBits;
  if (op.requant.rowMul !== undefined) {
    const rows = reader.operand(op.requant.rowMul);
    const T = read('T', 'Scale of the token', rows, [(index.at(-2) ?? 0) % (rows.shape[0] as number)]);
    const B = bias && read('B', 'Bias, in steps of the accumulator and of T', bias, [column]);
    const acc = accumulatorLines(reader.model, 'Accumulator: the sum of the products, without bias', 'Σ product', sum, bits);
    const value = (acc.at(-1) as TraceLine).value * T.value + (B?.value ?? 0n);
    const scaled = computed('t', 'Accumulator with the scale of its token', bias ? 'acc × T + B' : 'acc × T', value, 64);
    return [...acc, T, ...(B ? [B] : []), scaled];
  }
  const lines = accLines(reader, sum, bias, column, bits);
  if (!op.deferred) return lines;
  const acc = lines.at(-1) as TraceLine;
  const R = rowSum === 0n ? 0n : (1n << 30n) / rowSum;
  return [
    ...lines,
    computed('S', 'Sum of the exponentials of the row', 'Σ x', rowSum, 32),
    computed('R', 'Its reciprocal, rounded down', 'floor(2^30 ÷ S)', R, 32),
    computed('t', 'Accumulator, divided for the softmax', `${acc.symbol} × R`, acc.value * R, 64),
  ];
}
