/** A layer as groups of matrix products on rows, in a graph under construction: its output, and what it is compared with. */
import type { ValueName } from '../ir/model';
import { turned } from '../ops/backward/common';
import type { GraphBuilder } from './graph-builder';

export interface LayerOutput {
  readonly groups: number;
  readonly outputs: number;
  /** [groups, outputs] */
  readonly bias: Float64Array;
  readonly clamp: { readonly lo: number; readonly hi: number } | undefined;
}

/** Behind the clamp: the layer's own output, and the target that comes before it. */
export function clamped(g: GraphBuilder, { clamp }: Pick<LayerOutput, 'clamp'>, y: ValueName): ValueName {
  if (!clamp) return y;
  return g.emit('Clip', [y, ...[clamp.lo, clamp.hi].map((b) => (Number.isFinite(b) ? g.floats([b]) : undefined))]);
}

/** Rows [groups, rows, columns] through weights [groups, outputs, columns]: [groups, rows, outputs]. */
export function outputOf(g: GraphBuilder, p: LayerOutput, x: ValueName, w: ValueName): ValueName {
  return clamped(g, p, g.emit('Add', [g.emit('MatMul', [x, turned(g, w)]), g.floats(p.bias, [p.groups, 1, p.outputs])]));
}
