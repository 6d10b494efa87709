/**
 * How large the sum of |q - z| along a tensor's last axis can be, where that is less than range times extent: the rows
 * of a softmax. It is what proves the accumulator of a product with 16-bit probabilities. Followed through the ops
 * that keep rows together or only take elements away.
 */
import type { IntOp } from '../ir/integer-model';

export interface RowSums {
  get(name: string): number | undefined;
  set(name: string, sum: number): void;
}

/** p <= e*F/S + 1/2 for each of the N elements. */
export const probabilitySum = (pb: number, length: number): number => 2 ** pb - 1 + Math.floor(length / 2);

/** What `op` makes of the sums known so far; `shape` of any value. */
export function followRowSums(op: IntOp, shape: (name: string) => readonly number[], sums: RowSums): void {
  if (op.kind === 'softmax') {
    if (op.softmax.mode === 'deferred') return;
    const out = shape(op.output);
    const last = out.length - 1;
    if (op.softmax.axis === last) sums.set(op.output, probabilitySum(op.softmax.pb, out[last] as number));
    return;
  }
  const from = op.inputs[0] as string;
  const known = sums.get(from);
  if (known === undefined) return;
  const [before, after] = [shape(from).at(-1), shape(op.output).at(-1)];
  const perm = op.kind === 'transpose' ? (op.attrs.perm ?? []) : [];
  const keeps =
    (op.kind === 'reshape' && before === after) ||
    op.kind === 'slice' ||
    (op.kind === 'transpose' && perm.length > 0 && perm.at(-1) === perm.length - 1);
  if (keeps) sums.set(op.output, known);
}
