/**
 * Comparisons with one number, of whole numbers that come from the model's inputs (tokens that are padding) or of an
 * activation, and Not: a table of 0 and 1 with an entry for each input integer.
 */
import type { Node } from '../../ir/model';
import type { IntegerRule, NodeView } from '../lowering';
import { constantInput, inputOf, isActivation, numbers, opBase, outputOf, scaleOf } from './common';

/** Whole numbers that the table has entries for, where no other reader says how large they may be. */
const LARGEST = 2 ** 18 - 1;

const tests: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  Equal: (a, b) => a === b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
};

interface Comparison {
  /** The input that is compared. */
  readonly input: 0 | 1;
  readonly test: (x: number) => boolean;
}

/** undefined: not with one number. */
function comparisonOf(node: Node, view: NodeView): Comparison | undefined {
  if (node.op === 'Not') return { input: 0, test: (x) => x === 0 };
  const input = isActivation(node, 0, view) ? 0 : 1;
  const constant = constantInput(node, 1 - input, view);
  const all = constant === undefined ? [] : numbers(constant);
  const [b] = all;
  const test = tests[node.op];
  if (b === undefined || !test || all.some((v) => v !== b)) return undefined;
  return { input, test: input === 0 ? (x) => test(x, b) : (x) => test(b, x) };
}

export const comparisonRule: IntegerRule = {
  operands: 'table',
  makesWhole: true,
  refuse(node, view) {
    const found = comparisonOf(node, view);
    if (!found) return 'it does not compare with one number';
    const same = view.shape(inputOf(node, found.input)).join() === view.shape(outputOf(node)).join();
    return same ? undefined : 'its number has more axes than what it is compared with';
  },
  whole(node, view) {
    const found = comparisonOf(node, view);
    if (!found || !view.whole(inputOf(node, found.input))) return [];
    return [{ input: found.input, lo: 0, hi: node.op === 'Not' ? 1 : LARGEST }];
  },
  lower(node, ctx) {
    const found = comparisonOf(node, ctx);
    if (!found) return;
    const x = ctx.operand(node, found.input);
    const q = ctx.quant(x);
    const entries: number[] = [];
    for (let i = q.lo; i <= q.hi; i++) entries.push(found.test(scaleOf(q) * (i - q.zeroPoint)) ? 1 : 0);
    const table = ctx.addTable(`${ctx.stem(node)}_lut`, [entries.length], entries, undefined);
    ctx.emit({ ...opBase(node, ctx, [x]), kind: 'lut', lut: { table, offset: q.lo, fn: node.op } });
  },
};
