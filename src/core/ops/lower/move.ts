/**
 * Operators that only move integers: reshapes, Transpose, Slice, Split, Gather, Expand keep the quantizer of
 * their input (an embedding: of its table); Concat, Pad and Where bring everything to the quantizer of their output first.
 */
import { roundHalfEven } from '../../base/fixed-point';
import type { Node } from '../../ir/model';
import { intAttr, intsAttr, stringAttr } from '../family';
import type { IntegerRule, NodeView } from '../lowering';
import { constantInput, inputOf, isActivation, numbers, opBase, outputOf, scalar, scaleOf } from './common';

/** Reshape, Flatten, Squeeze, Unsqueeze, Identity, Dropout: the same integers in the same order. */
export const reshapeRule: IntegerRule = {
  operands: 'any',
  moves: true,
  lower(node, ctx) {
    ctx.emit({ ...opBase(node, ctx, [ctx.operand(node, 0)]), kind: 'reshape', attrs: {} });
  },
};

/** Between types of whole numbers, where the range that the readers allow keeps every value. */
export const castRule: IntegerRule = {
  operands: 'any',
  moves: true,
  refuse: (node, view) =>
    view.whole(inputOf(node, 0)) && view.whole(outputOf(node)) ? undefined : 'it changes between whole and real numbers',
  lower: reshapeRule.lower,
};

export const transposeRule: IntegerRule = {
  operands: 'any',
  moves: true,
  lower(node, ctx) {
    const x = ctx.operand(node, 0);
    const rank = ctx.shape(x).length;
    const perm = intsAttr(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    ctx.emit({ ...opBase(node, ctx, [x]), kind: 'transpose', attrs: { perm } });
  },
};

export const expandRule: IntegerRule = {
  operands: 'any',
  moves: true,
  lower(node, ctx) {
    ctx.emit({ ...opBase(node, ctx, [ctx.operand(node, 0)]), kind: 'expand', attrs: {} });
  },
};

/** A list of whole numbers from constant input i (newer opsets) or an attribute. */
function listOf(node: Node, view: NodeView, i: number, attribute: string): readonly number[] | undefined {
  const t = constantInput(node, i, view);
  return t ? numbers(t) : intsAttr(node, attribute);
}

const refuseComputed = (node: Node, view: NodeView): string | undefined =>
  node.inputs.some((_, i) => i > 0 && isActivation(node, i, view)) ? 'its indices are computed, not constants' : undefined;

export const sliceRule: IntegerRule = {
  operands: 'any',
  moves: true,
  refuse: refuseComputed,
  lower(node, ctx) {
    const x = ctx.operand(node, 0);
    const rank = ctx.shape(x).length;
    const starts = listOf(node, ctx, 1, 'starts') ?? [];
    const ends = listOf(node, ctx, 2, 'ends') ?? [];
    const axes = (listOf(node, ctx, 3, 'axes') ?? starts.map((_, i) => i)).map((a) => (a < 0 ? a + rank : a));
    const steps = listOf(node, ctx, 4, 'steps') ?? starts.map(() => 1);
    // "to the end" is written as the largest int64, which no float64 holds: any int32 will do
    const cut = (v: number): number => Math.min(2147483647, Math.max(-2147483648, v));
    ctx.emit({ ...opBase(node, ctx, [x]), kind: 'slice', attrs: { starts: starts.map(cut), ends: ends.map(cut), axes, steps } });
  },
};

/** One slice per output. */
export const splitRule: IntegerRule = {
  operands: 'any',
  moves: true,
  refuse: refuseComputed,
  lower(node, ctx) {
    const x = ctx.operand(node, 0);
    const rank = ctx.shape(x).length;
    const named = intAttr(node, 'axis', 0);
    const axis = named < 0 ? named + rank : named;
    let start = 0;
    node.outputs.forEach((output, i) => {
      const end = start + (ctx.shape(output)[axis] as number);
      const base = { name: `${ctx.stem(node)}.${i}`, source: node.sources, inputs: [x], output, macs: 0 };
      ctx.emit({ ...base, kind: 'slice', attrs: { starts: [start], ends: [end], axes: [axis], steps: [1] } });
      start = end;
    });
  },
};

/** Elements of an activation at constant places, or rows of a constant table at places that the model's inputs say. */
export const gatherRule: IntegerRule = {
  operands: 'any',
  moves: true,
  refuse(node, view) {
    const table = constantInput(node, 0, view);
    if (!table) return refuseComputed(node, view);
    if (table.dtype !== 'float32') return 'it looks up whole numbers in a table';
    return isActivation(node, 1, view) ? undefined : 'both its operands are constants';
  },
  whole(node, view) {
    if (isActivation(node, 0, view)) return [];
    const table = view.shape(inputOf(node, 0));
    return [{ input: 1, lo: 0, hi: (table[gatherAxis(node, table.length)] as number) - 1 }];
  },
  quantizedConstants: (node, view) => (isActivation(node, 0, view) ? [] : [0]),
  fixed: (node, view) => (isActivation(node, 0, view) ? undefined : { kind: 'table', input: 0 }),
  lower(node, ctx) {
    const axis = gatherAxis(node, ctx.shape(inputOf(node, 0)).length);
    if (!isActivation(node, 0, ctx)) {
      const table = ctx.constantOperand(node, 0, `${ctx.stem(node)}_x2`).name;
      const indices = ctx.operand(node, 1);
      ctx.emit({ ...opBase(node, ctx, [indices]), kind: 'gather', table, attrs: { axis, indices } });
      return;
    }
    const x = ctx.operand(node, 0);
    const given = constantInput(node, 1, ctx);
    const indices = ctx.addTable(`${ctx.stem(node)}_indices`, ctx.shape(inputOf(node, 1)), given ? numbers(given) : [], undefined);
    ctx.emit({ ...opBase(node, ctx, [x]), kind: 'gather', attrs: { axis, indices } });
  },
};

function gatherAxis(node: Node, rank: number): number {
  const named = intAttr(node, 'axis', 0);
  return named < 0 ? named + rank : named;
}

/** Where(condition, x, y): the condition a constant or whole numbers of the model's inputs; both branches under the output's quantizer. */
export const whereRule: IntegerRule = {
  operands: 'any',
  refuse(node, view) {
    if (!isActivation(node, 1, view) && !isActivation(node, 2, view)) return 'both its branches are constants';
    return isActivation(node, 0, view) && !view.whole(inputOf(node, 0)) ? 'its condition is computed from activations' : undefined;
  },
  whole: () => [{ input: 0, lo: 0, hi: 1 }],
  quantizedConstants: (node, view) => [1, 2].filter((i) => !isActivation(node, i, view)),
  lower(node, ctx) {
    const stem = ctx.stem(node);
    const inputs: string[] = [];
    const fixed = constantInput(node, 0, ctx);
    const bits = fixed && numbers(fixed).map((v) => (v === 0 ? 0 : 1));
    const condition = bits ? ctx.addTable(`${stem}_mask`, fixed.shape, bits, undefined) : inputOf(node, 0);
    if (!bits) inputs.push(condition);
    const branch = (i: number): string => {
      if (!isActivation(node, i, ctx)) return ctx.constantOperand(node, i, `${stem}_x${i}`).name;
      const x = ctx.operand(node, i);
      inputs.push(x);
      return x;
    };
    const operands = [branch(1), branch(2)] as const;
    ctx.emit({ ...opBase(node, ctx, inputs), kind: 'where', condition, operands });
  },
};

export const concatRule: IntegerRule = {
  operands: 'any',
  refuse: (node, view) => (node.inputs.some((_, i) => isActivation(node, i, view)) ? undefined : 'all its operands are constants'),
  quantizedConstants: (node, view) => node.inputs.map((_, i) => i).filter((i) => !isActivation(node, i, view)),
  lower(node, ctx) {
    const rank = ctx.shape(outputOf(node)).length;
    const named = intAttr(node, 'axis', 0);
    const inputs: string[] = [];
    const operands = node.inputs.map((_, i) => {
      if (!isActivation(node, i, ctx)) return ctx.constantOperand(node, i, `${ctx.stem(node)}_x${i + 1}`).name;
      const x = ctx.operand(node, i);
      inputs.push(x);
      return x;
    });
    ctx.emit({ ...opBase(node, ctx, inputs), kind: 'concat', attrs: { axis: named < 0 ? named + rank : named }, operands });
  },
};

const padModes: readonly string[] = ['constant', 'reflect', 'edge'];

export const padRule: IntegerRule = {
  operands: 'any',
  refuse(node, view) {
    const mode = stringAttr(node, 'mode', 'constant');
    return padModes.includes(mode) ? refuseComputed(node, view) : `its mode is ${mode}`;
  },
  lower(node, ctx) {
    const x = ctx.operand(node, 0);
    const rank = ctx.shape(x).length;
    const given = listOf(node, ctx, 1, 'pads') ?? intsAttr(node, 'paddings') ?? [];
    const axes = listOf(node, ctx, 3, 'axes')?.map((a) => (a < 0 ? a + rank : a)) ?? Array.from({ length: rank }, (_, i) => i);
    const pads = new Array<number>(2 * rank).fill(0);
    axes.forEach((axis, i) => {
      pads[axis] = given[i] ?? 0;
      pads[axis + rank] = given[i + axes.length] ?? 0;
    });
    const q = ctx.quant(outputOf(node));
    const fill = scalar(constantInput(node, 2, ctx)) ?? 0;
    const value = Math.min(q.hi, Math.max(q.lo, q.zeroPoint + roundHalfEven(Math.fround(fill / scaleOf(q)))));
    const mode = stringAttr(node, 'mode', 'constant') as 'constant' | 'reflect' | 'edge'; // checked by refuse
    ctx.emit({ ...opBase(node, ctx, [x]), kind: 'pad', attrs: { pads, value, mode } });
  },
};
