/**
 * Pools and means as integers. Averages: the sum of (x - zx), one MulShift whose multiplier holds 1/N; where
 * N varies over the output (padding not counted, hanging windows) one multiplier per distinct N and an index
 * map. Maxima keep the quantizer of their input.
 */
import type { Node } from '../../ir/model';
import { sizeOf } from '../../ir/tensor';
import { intAttr, intsAttr } from '../family';
import type { IntegerRule, LowerContext, NodeView, RefuseRule } from '../lowering';
import { constantInput, declareAccumulator, inputOf, isActivation, magnitudeOf, numbers, opBase, outputOf, scaleOf } from './common';
import { windowOf, type SlidingWindow } from './window';

const refuseRank: RefuseRule = (node, view) => {
  const rank = view.shape(inputOf(node, 0)).length;
  return rank === 3 || rank === 4 ? undefined : `pools over ${rank - 2} spatial axes have no integer form yet`;
};

/** A window that covers the whole plane. */
function wholePlane(extents: readonly number[]): SlidingWindow {
  const ones = extents.map(() => 1);
  return { kernel: extents, strides: ones, dilations: ones, pads: [...extents, ...extents].map(() => 0) };
}

function attributes(node: Node, w: SlidingWindow, kind: 'max' | 'avg') {
  return {
    kind,
    ...w,
    ceilMode: intAttr(node, 'ceil_mode', 0) === 1 ? 1 : 0,
    countIncludePad: intAttr(node, 'count_include_pad', 0) === 1 ? 1 : 0,
  } as const;
}

function maxRule(windowFor: (node: Node, extents: readonly number[]) => SlidingWindow): IntegerRule {
  return {
    operands: 'any',
    refuse: (node, view) => (node.outputs.length > 1 ? 'its indices are asked for' : refuseRank(node, view)),
    lower(node, ctx) {
      const x = ctx.operand(node, 0);
      const pool = attributes(node, windowFor(node, ctx.shape(x).slice(2)), 'max');
      ctx.emit({
        ...opBase(node, ctx, [x]),
        kind: 'pool',
        pool,
        requant: undefined,
        index: undefined,
        acc: undefined,
        accumulator: undefined,
      });
    },
  };
}

export const maxPoolRule = maxRule((node, extents) => windowOf(node, extents));
export const globalMaxPoolRule = maxRule((_, extents) => wholePlane(extents));

/** Per output position of one axis: taps inside the input, and taps that count in the divisor. */
function tapsOf(
  w: SlidingWindow,
  axis: number,
  extent: number,
  outputs: number,
  padCounts: boolean,
): { inside: number; counted: number }[] {
  const [before, after] = [w.pads[axis] as number, w.pads[axis + w.kernel.length] as number];
  return Array.from({ length: outputs }, (_, o) => {
    let inside = 0;
    let counted = 0;
    for (let k = 0; k < (w.kernel[axis] as number); k++) {
      const i = o * (w.strides[axis] as number) - before + k * (w.dilations[axis] as number);
      if (i >= 0 && i < extent) inside++;
      if (padCounts ? i >= -before && i < extent + after : i >= 0 && i < extent) counted++;
    }
    return { inside, counted };
  });
}

function lowerAverage(node: Node, ctx: LowerContext, windowFor: (extents: readonly number[]) => SlidingWindow): void {
  const stem = ctx.stem(node);
  const x = ctx.operand(node, 0);
  const extents = ctx.shape(x).slice(2);
  const out = ctx.shape(outputOf(node));
  const w = windowFor(extents);
  const pool = attributes(node, w, 'avg');
  const perAxis = extents.map((extent, i) => tapsOf(w, i, extent, out[i + 2] as number, pool.countIncludePad === 1));
  let positions = [{ inside: 1, counted: 1 }];
  for (const axis of perAxis) {
    positions = positions.flatMap((p) => axis.map((t) => ({ inside: p.inside * t.inside, counted: p.counted * t.counted })));
  }
  const distinct = [...new Set(positions.map((p) => p.counted))].sort((a, b) => a - b);
  const [qx, qy] = [ctx.quant(x), ctx.quant(outputOf(node))];
  const bound = Math.max(...positions.map((p) => p.inside)) * magnitudeOf(qx);
  const scales = distinct.map((n) => (n === 0 ? 0 : scaleOf(qx) / (scaleOf(qy) * n)));
  const index =
    distinct.length === 1
      ? undefined
      : ctx.addTable(
          `${stem}_index`,
          out.slice(2),
          positions.map((p) => distinct.indexOf(p.counted)),
          undefined,
        );
  const requant = ctx.requant(node, stem, scales, qy, bound, node.clamp, true);
  const acc = declareAccumulator(ctx, stem, out);
  ctx.emit({ ...opBase(node, ctx, [x]), kind: 'pool', pool, requant, index, acc, accumulator: ctx.prove(bound, node) });
}

export const averagePoolRule: IntegerRule = {
  operands: 'any',
  refuse: refuseRank,
  lower: (node, ctx) => lowerAverage(node, ctx, (extents) => windowOf(node, extents)),
};

export const globalAveragePoolRule: IntegerRule = {
  operands: 'any',
  refuse: refuseRank,
  lower: (node, ctx) => lowerAverage(node, ctx, wholePlane),
};

/** Axes as an attribute (to opset 17) or a constant input (from 18); none means all, unless noop is set. */
function reducedAxes(node: Node, view: NodeView): number[] {
  const rank = view.shape(inputOf(node, 0)).length;
  const given = constantInput(node, 1, view);
  const axes = given ? numbers(given) : intsAttr(node, 'axes');
  if (!axes || axes.length === 0) {
    return intAttr(node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
  }
  return [...new Set(axes.map((a) => (a < 0 ? a + rank : a)))].sort((a, b) => a - b);
}

function reduceRule(mean: boolean): IntegerRule {
  return {
    operands: 'any',
    refuse: (node, view) => (isActivation(node, 1, view) ? 'its axes are computed, not constants' : undefined),
    lower(node, ctx) {
      const stem = ctx.stem(node);
      const x = ctx.operand(node, 0);
      const axes = reducedAxes(node, ctx);
      const count = sizeOf(axes.map((a) => ctx.shape(x)[a] as number));
      const [qx, qy] = [ctx.quant(x), ctx.quant(outputOf(node))];
      const bound = count * magnitudeOf(qx);
      const requant = ctx.requant(node, stem, [scaleOf(qx) / (scaleOf(qy) * (mean ? count : 1))], qy, bound, node.clamp, true);
      const acc = declareAccumulator(ctx, stem, ctx.shape(outputOf(node)));
      const keepdims = intAttr(node, 'keepdims', 1) === 1 ? 1 : 0;
      ctx.emit({ ...opBase(node, ctx, [x]), kind: 'reduce', attrs: { axes, keepdims }, requant, acc, accumulator: ctx.prove(bound, node) });
    },
  };
}

export const reduceMeanRule = reduceRule(true);
export const reduceSumRule = reduceRule(false);
