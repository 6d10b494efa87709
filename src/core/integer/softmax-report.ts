/**
 * What one sample shows of its softmaxes: how far the probabilities of a row are from a sum of 1, and rows of which the
 * mask leaves nothing. Few bits and long flat rows lose mass: above 5 % that is a warning.
 */
import type { Warning } from '../base/context';
import { powerOfTwo } from '../base/fixed-point';
import type { IntegerModel, SoftmaxOp } from '../ir/integer-model';
import { sizeOf } from '../ir/tensor';
import { operandOf, type Tensors } from './execute/tensors';

const MOST_ERROR = 0.05;

export interface RowSumReport {
  readonly rows: number;
  /** Largest |sum - 1| over the rows that have an element left. */
  readonly worst: number;
  /** Rows that the mask leaves nothing of. */
  readonly masked: number;
}

export function rowSums(op: SoftmaxOp, tensors: Tensors, model: IntegerModel): RowSumReport {
  const p = operandOf(model, tensors, op.output);
  const { shape } = p.value;
  const length = shape[op.softmax.axis] as number;
  const inner = sizeOf(shape.slice(op.softmax.axis + 1));
  const full = powerOfTwo(op.softmax.pb) - 1;
  const rows = length === 0 ? 0 : p.data.length / length;
  let worst = 0;
  let masked = 0;
  for (let r = 0; r < rows; r++) {
    const from = Math.floor(r / inner) * inner * length + (r % inner);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += p.data[from + i * inner] as number;
    // without a mask a sum of 0 is the worst rounding there is, with one it is a row without elements
    if (sum === 0 && op.softmax.mask !== undefined) masked++;
    // exponentials add up to whatever they do
    else if (op.softmax.mode !== 'deferred') worst = Math.max(worst, Math.abs(sum / full - 1));
  }
  return { rows, worst, masked };
}

/** Rows that a constant mask leaves nothing of were said when the model was lowered. */
export function softmaxWarnings(op: SoftmaxOp, tensors: Tensors, model: IntegerModel): Warning[] {
  const { rows, worst, masked } = rowSums(op, tensors, model);
  const out: Warning[] = [];
  if (worst > MOST_ERROR) {
    out.push({
      code: 'row-sum',
      message: `the probabilities of a row add up to 1 only within ${(100 * worst).toFixed(1)} %: give them more than ${op.softmax.pb} bits`,
      node: op.name,
    });
  }
  if (masked > 0 && op.softmax.mask !== undefined && !model.constants.has(op.softmax.mask)) {
    out.push({
      code: 'fully-masked-rows',
      message: `in this sample ${masked} of ${rows} rows have no element that is not masked: their probabilities are all 0`,
      node: op.name,
    });
  }
  return out;
}
