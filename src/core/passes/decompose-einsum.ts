/**
 * What split-einsum.ts leaves of Einsum, once shapes are known: ellipses, open extents, products element by element, one
 * operand. Of two operands as a product of matrices: letters that both operands and the result have are leading axes, those
 * that only the operands have are summed, the others are rows and columns. Of one operand as a transpose and a sum.
 * Where no letter is summed it is a product element by element. Diagonals and three operands stay as they are.
 */
import type { ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { parseEinsum } from '../ops/einsum';
import type { Parts } from './expansion';

type Letters = readonly string[];

const without = (a: Letters, ...b: readonly Letters[]): Letters => a.filter((l) => !b.some((other) => other.includes(l)));
const within = (a: Letters, ...b: readonly Letters[]): Letters => a.filter((l) => b.every((other) => other.includes(l)));

/** false: it stays. */
export function decomposeEinsum(p: Parts): boolean {
  const inputs = p.whole.inputs.filter((n) => n !== undefined);
  const e = parseEinsum(
    p.whole,
    inputs.map((n) => p.shape(n)),
  );
  if (inputs.length === 0 || inputs.length > 2 || e.operands.some((o) => new Set(o).size < o.length)) return false;
  // a letter of one operand that the result does not name is summed before
  const operands = inputs.map((x, i) => {
    const letters = e.operands[i] ?? [];
    const others = [...e.operands.filter((_, k) => k !== i), e.result];
    const alone = letters.filter((l) => !others.some((o) => o.includes(l)));
    const axes = alone.map((l) => letters.indexOf(l));
    return { x: p.sum(x, axes, `sum${i + 1}`), letters: without(letters, alone) };
  });
  const [a, b] = operands;
  if (!a) return false;
  if (!b) {
    const perm = e.result.map((l) => a.letters.indexOf(l));
    p.into(0, 'Transpose', [a.x], { perm: { type: 'ints', value: perm } });
    return true;
  }
  const summed = without(within(a.letters, b.letters), e.result);
  if (summed.length === 0) elementwise(p, a, b, e.result);
  // a constant belongs on the right
  else if (p.constant(a.x)) product(p, b, a, e.result, summed);
  else product(p, a, b, e.result, summed);
  return true;
}

interface Operand {
  readonly x: ValueName;
  readonly letters: Letters;
}

/** Axes in this order, and in this shape. */
function arranged(p: Parts, { x, letters }: Operand, order: Letters, shape: readonly number[], label: string): ValueName {
  const moved = p.transpose(
    x,
    order.map((l) => letters.indexOf(l)),
    `${label}.moved`,
  );
  return p.reshape(moved, shape, label);
}

function elementwise(p: Parts, a: Operand, b: Operand, result: Letters): void {
  const [left, right] = [a, b].map((o, i) => {
    const order = within(result, o.letters);
    const extents = result.map((l) => (o.letters.includes(l) ? extentOf(p, o, l) : 1));
    return arranged(p, o, order, extents, `operand${i + 1}`);
  });
  p.into(0, 'Mul', [left, right]);
}

function extentOf(p: Parts, { x, letters }: Operand, letter: string): number {
  return p.shape(x)[letters.indexOf(letter)] ?? 1;
}

function product(p: Parts, a: Operand, b: Operand, result: Letters, summed: Letters): void {
  const batch = within(result, a.letters, b.letters);
  const [rows, columns] = [without(within(result, a.letters), batch), without(within(result, b.letters), batch)];
  const extents = (o: Operand, letters: Letters): number[] => letters.map((l) => extentOf(p, o, l));
  const [m, k, n] = [sizeOf(extents(a, rows)), sizeOf(extents(a, summed)), sizeOf(extents(b, columns))];
  // against a weight of two axes, the rows may stay what they are
  const isWeight = batch.length === 0 && p.constant(b.x) !== undefined && rows.length > 0;
  const left = arranged(p, a, [...batch, ...rows, ...summed], [...extents(a, batch), ...(isWeight ? extents(a, rows) : [m]), k], 'left');
  const right = arranged(p, b, [...batch, ...summed, ...columns], [...extents(b, batch), k, n], 'right');
  const lead = batch.map((l) => Math.max(extentOf(p, a, l), extentOf(p, b, l)));
  const whole = [...lead, ...extents(a, rows), ...extents(b, columns)];
  const order = [...batch, ...rows, ...columns];
  const perm = result.map((l) => order.indexOf(l));
  const isOrdered = perm.every((axis, i) => axis === i);
  const made = [...lead, ...(isWeight ? extents(a, rows) : [m]), n];
  if (isOrdered && made.join() === whole.join()) {
    p.into(0, 'MatMul', [left, right]);
    return;
  }
  const y = p.make('MatMul', [left, right], 'product');
  if (isOrdered) {
    p.into(0, 'Reshape', [y, p.list(whole, 'shape')]);
    return;
  }
  p.into(0, 'Transpose', [p.reshape(y, whole, 'apart')], { perm: { type: 'ints', value: perm } });
}
