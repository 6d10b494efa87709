/**
 * Relu and Clip that no operator before them could take in: the integers of x under the output's quantizer,
 * clamped. Identity and Dropout as integers that stay where they are.
 */
import type { Node } from '../../ir/model';
import { floatAttr } from '../family';
import type { IntegerRule, LowerContext, NodeView } from '../lowering';
import { constantInput, isActivation, magnitudeOf, opBase, outputOf, scalar, scaleOf } from './common';

function emitClamped(node: Node, ctx: LowerContext, lo: number, hi: number): void {
  const x = ctx.operand(node, 0);
  const [qx, qy] = [ctx.quant(x), ctx.quant(outputOf(node))];
  const clamp = { lo: Math.max(lo, node.clamp?.lo ?? -Infinity), hi: Math.min(hi, node.clamp?.hi ?? Infinity), op: node.op };
  const requant = ctx.requant(node, ctx.stem(node), [scaleOf(qx) / scaleOf(qy)], qy, magnitudeOf(qx), clamp);
  ctx.emit({ ...opBase(node, ctx, [x]), kind: 'requant', requant });
}

export const reluRule: IntegerRule = {
  operands: 'any',
  lower: (node, ctx) => emitClamped(node, ctx, 0, Infinity),
};

/** Bounds as attributes (opset 6) or constant inputs (opset 11); absent means none. */
function bounds(node: Node, view: NodeView): { lo: number; hi: number } {
  return {
    lo: scalar(constantInput(node, 1, view)) ?? floatAttr(node, 'min', -Infinity),
    hi: scalar(constantInput(node, 2, view)) ?? floatAttr(node, 'max', Infinity),
  };
}

export const clipRule: IntegerRule = {
  operands: 'any',
  refuse: (node, view) =>
    isActivation(node, 1, view) || isActivation(node, 2, view) ? 'its bounds are computed, not constants' : undefined,
  lower(node, ctx) {
    const { lo, hi } = bounds(node, ctx);
    emitClamped(node, ctx, lo, hi);
  },
};
