/**
 * A layer whose input has a scale per token: acc is the sum without bias; then t = acc * T[row] + B, both in 64 bits, and one
 * MulShift. |t| < 2^53 is proved (|acc| < 2^31, T <= 2^14, |B| <= 2^45), so float64 holds it exactly.
 */
import { requantizeOne } from '../../base/fixed-point';
import type { IntegerModel, IntTensor, MatMulOp } from '../../ir/integer-model';
import { usesHighMul } from './requantizer';
import { constantOf, newTensor, numbersOf } from './tensors';

/** acc * T + B where the op has row factors; acc itself where it has none. */
export function totalOf(
  op: { readonly requant: MatMulOp['requant']; readonly bias?: string | undefined },
  acc: ArrayLike<number>,
  columns: number,
  model: IntegerModel,
): ArrayLike<number> {
  const { rowMul } = op.requant;
  if (rowMul === undefined) return acc;
  const T = numbersOf(constantOf(model, rowMul).data, rowMul);
  const B = op.bias === undefined ? undefined : constantOf(model, op.bias).data;
  return Float64Array.from({ length: acc.length }, (_, i) => {
    const row = Math.floor(i / columns) % T.length;
    return (acc[i] as number) * (T[row] as number) + Number(B?.[i % columns] ?? 0);
  });
}

export function requantizeRows(op: MatMulOp, acc: IntTensor, model: IntegerModel): IntTensor {
  const columns = acc.shape.at(-1) ?? 1;
  const total = totalOf(op, numbersOf(acc.data, op.acc), columns, model);
  const mul = numbersOf(constantOf(model, op.requant.mul).data, op.requant.mul);
  const shift = numbersOf(constantOf(model, op.requant.shift).data, op.requant.shift);
  const out = newTensor(model, op.output);
  const { zeroPoint, lo, hi } = op.requant;
  const mode = model.arithmetic.rounding;
  const highMul = usesHighMul(model);
  for (let i = 0; i < total.length; i++) {
    const o = mul.length === 1 ? 0 : i % columns;
    out.data[i] = requantizeOne(total[i] as number, { M: mul[o] as number, n: shift[o] as number, zeroPoint, lo, hi, mode, highMul });
  }
  return out;
}
