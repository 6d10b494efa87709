/**
 * Sums, products, tables and changes of quantizer as integer operators. A sum is taken in int64 and rounded once;
 * constant operands are multiplied here already, exactly.
 */
import type { AddOp, LutOp, MulOp, RequantOp } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { intAttr, type IntegerGraph } from './integer-onnx-graph';
import { factorsOf, mulShift, scaled, shiftAndClamp } from './integer-onnx-requant';

/** y = clamp(z + rshift((a - za) * Ma + (b - zb) * Mb, n), lo, hi) */
export function emitAdd(g: IntegerGraph, op: AddOp): void {
  const { mulA, mulB, zeroPointA, zeroPointB, shift } = op.add;
  const sides = [
    { name: op.operands[0], M: mulA, zero: zeroPointA },
    { name: op.operands[1], M: mulB, zero: zeroPointB },
  ];
  let pending = 0n;
  let bound = 0n;
  const terms = sides.map(({ name, M, zero }, i): ValueName => {
    bound += BigInt(g.magnitude(name, zero)) * BigInt(Math.abs(M));
    const stem = `${op.name}_x${i + 1}`;
    if (g.model.constants.has(name)) {
      const term = g.numbers(name).map((q) => BigInt(q - zero) * BigInt(M));
      return g.constant(`${stem}_scaled`, 'int64', g.info(name).shape, term);
    }
    pending -= BigInt(zero) * BigInt(M);
    return scaled(g, g.cast(g.tensor(name), 'int64', `${stem}_wide`), { mul: [BigInt(M)], shape: [] }, stem);
  });
  const tensor = g.apply('Add', terms, `${op.name}_total`);
  shiftAndClamp(g, { tensor, pending: [pending], bound: [bound], shift: [shift], shape: [] }, op.add, op.name, op.output);
}

/** acc = (a - za) * (b - zb), one MulShift. */
export function emitMul(g: IntegerGraph, op: MulOp): void {
  let bound = 1n;
  const factors = op.operands.map((name, i): ValueName => {
    const zero = op.zeroPoints[i] as number;
    bound *= BigInt(g.magnitude(name, zero));
    const stem = `${op.name}_x${i + 1}`;
    if (!g.model.constants.has(name)) return g.centred(name, 'int64', zero, stem);
    return g.constant(
      `${stem}_wide`,
      'int64',
      g.info(name).shape,
      g.numbers(name).map((q) => q - zero),
    );
  });
  const product = g.apply('Mul', factors, `${op.name}_product`);
  mulShift(g, product, 0, bound, factorsOf(g, op.requant, g.info(op.output).shape.length, 1), op.requant, op.name, op.output);
}

/** y = table[q - offset] */
export function emitLut(g: IntegerGraph, op: LutOp): void {
  const index = g.centred(op.inputs[0] as string, 'int32', op.lut.offset, op.name);
  g.emit('Gather', [g.tensor(op.lut.table), index], g.tensor(op.output), { axis: intAttr(0) });
}

/** y = clamp(z + rshift((x - zx) * M, n), lo, hi) */
export function emitRequant(g: IntegerGraph, op: RequantOp): void {
  const name = op.inputs[0] as string;
  const factors = factorsOf(g, op.requant, g.info(op.output).shape.length, 1);
  mulShift(g, g.tensor(name), g.zeroPoint(name), BigInt(g.magnitude(name)), factors, op.requant, op.name, op.output);
}
