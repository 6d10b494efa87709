/**
 * Any elementwise function as a table with one entry per input integer:
 * entry = clamp(round(f(s*(q - z)) / sy) + zy), y = table[q - lo]. Exact by construction.
 */
import { roundHalfEven } from '../../base/fixed-point';
import type { Node } from '../../ir/model';
import type { IntegerRule, LowerContext } from '../lowering';
import { numbers, constantInput, isActivation, opBase, outputOf, scalar, scaleOf } from './common';
import { scalarFunction } from './functions';

/** Emits the table of f for the node's first operand. */
export function emitTable(node: Node, ctx: LowerContext, f: (x: number) => number, label: string, input = 0): void {
  const x = ctx.operand(node, input);
  const stem = ctx.stem(node);
  const [qx, qy] = [ctx.quant(x), ctx.quant(outputOf(node))];
  const { lo, hi } = ctx.clampRange(qy, node.clamp);
  const entries: number[] = [];
  let undefinedAt = 0;
  for (let q = qx.lo; q <= qx.hi; q++) {
    const y = roundHalfEven(f(scaleOf(qx) * (q - qx.zeroPoint)) / scaleOf(qy)) + qy.zeroPoint;
    if (Number.isNaN(y)) undefinedAt++;
    entries.push(Number.isNaN(y) ? qy.zeroPoint : Math.min(hi, Math.max(lo, y)));
  }
  if (undefinedAt > 0)
    ctx.warn('undefined-function', `${label} has no value at ${undefinedAt} of the ${entries.length} input integers: they give 0`, node);
  const table = ctx.addTable(`${stem}_lut`, [entries.length], entries, qy);
  ctx.emit({ ...opBase(node, ctx, [x]), kind: 'lut', lut: { table, offset: qx.lo, fn: label } });
}

export const functionRule: IntegerRule = {
  operands: 'table',
  refuse: (node) => (scalarFunction(node) ? undefined : 'the function has no table yet'),
  lower(node, ctx) {
    const f = scalarFunction(node);
    if (f) emitTable(node, ctx, f, node.op);
  },
};

/** PRelu with one slope. */
export const preluRule: IntegerRule = {
  operands: 'table',
  refuse: (node, view) => (scalar(constantInput(node, 1, view)) === undefined ? 'it has a slope per channel' : undefined),
  lower(node, ctx) {
    const slope = scalar(constantInput(node, 1, ctx)) ?? 0;
    emitTable(node, ctx, (x) => (x < 0 ? slope * x : x), `PRelu(${slope})`);
  },
};

/** x to a constant power 2, 3 or 1/2. */
export const powRule: IntegerRule = {
  operands: 'table',
  refuse(node, view) {
    if (!isActivation(node, 0, view)) return 'its base is a constant';
    const exponent = constantInput(node, 1, view);
    const p = exponent && numbers(exponent).length === 1 ? scalar(exponent) : undefined;
    return p === 2 || p === 3 || p === 0.5 || p === 1 ? undefined : 'its exponent is not one of 1/2, 1, 2, 3';
  },
  lower(node, ctx) {
    const p = scalar(constantInput(node, 1, ctx));
    emitTable(node, ctx, (x) => (p === 2 ? x * x : p === 3 ? x * x * x : p === 1 ? x : Math.sqrt(x)), `Pow(${p})`);
  },
};
