/** A layer as groups of matrix products on rows, in a graph under construction: its output, and what it is compared with. */
import type { ValueName } from '../ir/model';
import { turned } from '../ops/backward/common';
import type { GraphBuilder } from './graph-builder';
import { floatTensor } from './step-runner';

export interface LayerOutput {
  readonly groups: number;
  readonly outputs: number;
  readonly rows: number;
  /** [groups, outputs] */
  readonly bias: Float64Array;
  readonly clamp: { readonly lo: number; readonly hi: number } | undefined;
  /** [groups, rows, outputs]: the float layer's output before the fused clamp. */
  readonly target: Float32Array;
}

/** The target behind the clamp, as a constant. */
export function clampedTarget(g: GraphBuilder, p: LayerOutput): ValueName {
  const { lo, hi } = p.clamp ?? { lo: -Infinity, hi: Infinity };
  return g.tensor(
    floatTensor(
      [p.groups, p.rows, p.outputs],
      p.target.map((v) => Math.min(hi, Math.max(lo, v))),
    ),
  );
}

/** Rows [groups, rows, columns] through weights [groups, outputs, columns]: [groups, rows, outputs]. */
export function outputOf(
  g: GraphBuilder,
  p: Pick<LayerOutput, 'groups' | 'outputs' | 'bias' | 'clamp'>,
  x: ValueName,
  w: ValueName,
): ValueName {
  const y = g.emit('Add', [g.emit('MatMul', [x, turned(g, w)]), g.floats(p.bias, [p.groups, 1, p.outputs])]);
  if (!p.clamp) return y;
  return g.emit('Clip', [y, ...[p.clamp.lo, p.clamp.hi].map((b) => (Number.isFinite(b) ? g.floats([b]) : undefined))]);
}
