/** Backward rules of operators that only move elements: the inverse move, and the sum where an element went to several places. */
import type { Node, ValueName } from '../../ir/model';
import { StudioError } from '../../base/errors';
import { sizeOf } from '../../ir/tensor';
import type { BackwardRule, Emitter } from '../backward';
import { intAttr, intsAttr, stringAttr } from '../family';
import { input, int, part, reshaped, summed, summedTo, transposed, zeros } from './common';

/** Reshape, Flatten, Squeeze, Unsqueeze, Identity; Dropout as inference has it. */
export const reshapeBackward: BackwardRule = (node, dy, g) => [reshaped(g, dy, g.shape(input(node, 0)))];

export const transposeBackward: BackwardRule = (node, dy, g) => {
  const rank = g.shape(dy).length;
  const perm = intsAttr(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const inverse = new Array<number>(rank).fill(0);
  perm.forEach((from, to) => (inverse[from] = to));
  return [transposed(g, dy, inverse)];
};

export const expandBackward: BackwardRule = (node, dy, g) => [summedTo(g, dy, g.shape(input(node, 0)))];

export const concatBackward: BackwardRule = (node, dy, g, wanted) => {
  const axis = positive(intAttr(node, 'axis', 1), g.shape(dy).length);
  let at = 0;
  return node.inputs.map((x, i) => {
    const from = at;
    at += x === undefined ? 0 : (g.shape(x)[axis] as number);
    return wanted(i) ? part(g, dy, axis, from, at) : undefined;
  });
};

export const splitBackward: BackwardRule = (node, dy, g, _wanted, others = []) => {
  const parts = [dy, ...others].map((d, i) => d ?? zeros(g, g.shape(node.outputs[i] as ValueName)));
  return [g.emit('Concat', parts, { axis: int(positive(intAttr(node, 'axis', 0), g.shape(dy).length)) })];
};

/** Zeros where nothing was taken: between the elements for steps over 1, then around them. */
export const sliceBackward: BackwardRule = (node, dy, g) => {
  const shape = g.shape(input(node, 0));
  const rank = shape.length;
  const starts = listOf(node, g, 1, 'starts') ?? [];
  const axes = (listOf(node, g, 3, 'axes') ?? starts.map((_, i) => i)).map((a) => positive(a, rank));
  const steps = listOf(node, g, 4, 'steps') ?? starts.map(() => 1);
  const [begins, ends] = [shape.map(() => 0), shape.map(() => 0)];
  let dx = dy;
  axes.forEach((axis, i) => {
    const [extent, step, count] = [shape[axis] as number, steps[i] as number, g.shape(dx)[axis] as number];
    const high = step > 0 ? extent : extent - 1;
    let start = Math.min(high, Math.max(0, positive(starts[i] as number, extent)));
    if (step < 0) {
      dx = g.emit('Slice', [dx, g.ints([-1]), g.ints([-(2 ** 31)]), g.ints([axis]), g.ints([-1])]);
      start += (count - 1) * step;
    }
    dx = spaced(g, dx, axis, Math.abs(step));
    begins[axis] = start;
    ends[axis] = extent - start - (g.shape(dx)[axis] as number);
  });
  return [padded(g, dx, begins, ends)];
};

/** `step - 1` zeros between the elements of an axis. */
function spaced(g: Emitter, x: ValueName, axis: number, step: number): ValueName {
  const shape = g.shape(x);
  const count = shape[axis] as number;
  if (step === 1 || count < 2) return x;
  const apart = reshaped(g, x, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
  const none = [...shape, 1].map(() => 0);
  const wide = reshaped(g, padded(g, apart, none, none.with(axis + 1, step - 1)), shape.with(axis, count * step));
  return part(g, wide, axis, 0, (count - 1) * step + 1);
}

/** Zeros around; what is negative is cut off. */
function padded(g: Emitter, x: ValueName, begins: readonly number[], ends: readonly number[]): ValueName {
  const pads = [...begins, ...ends];
  return pads.every((p) => p === 0) ? x : g.emit('Pad', [x, g.ints(pads)]);
}

export const padBackward: BackwardRule = (node, dy, g) => {
  const mode = stringAttr(node, 'mode', 'constant');
  if (mode !== 'constant') {
    throw new StudioError({
      code: 'unsupported-operator',
      what: `No gradient flows through a Pad of mode ${mode}`,
      where: { node: node.id, op: node.op },
    });
  }
  const rank = g.shape(dy).length;
  const pads = listOf(node, g, 1, 'pads') ?? [];
  const axes = (listOf(node, g, 3, 'axes') ?? g.shape(dy).map((_, i) => i)).map((a) => positive(a, rank));
  const [begins, ends] = [new Array<number>(rank).fill(0), new Array<number>(rank).fill(0)];
  axes.forEach((axis, i) => {
    begins[axis] = 0 - (pads[i] as number);
    ends[axis] = 0 - (pads[i + axes.length] as number);
  });
  return [padded(g, dy, begins, ends)];
};

/** Of the table: every row takes the sum of what was read from it. */
export const gatherBackward: BackwardRule = (node, dy, g, wanted) => {
  if (!wanted(0)) return [undefined, undefined];
  const [x, indices] = [input(node, 0), input(node, 1)];
  const shape = g.shape(x);
  const axis = positive(intAttr(node, 'axis', 0), shape.length);
  const count = sizeOf(g.shape(indices));
  const line = shape.map((_, i) => (i === axis ? count : 1));
  const lines = shape.with(axis, count);
  const places = g.emit('Expand', [reshaped(g, indices, line), g.ints(lines)]);
  const attrs = { axis: int(axis), reduction: { type: 'string', value: 'add' } } as const;
  return [g.emit('ScatterElements', [zeros(g, shape), places, reshaped(g, dy, lines)], attrs), undefined];
};

export const tileBackward: BackwardRule = (node, dy, g) => {
  const shape = g.shape(input(node, 0));
  const repeats = g.shape(dy).map((d, i) => d / (shape[i] as number));
  const apart = reshaped(
    g,
    dy,
    shape.flatMap((d, i) => [repeats[i] as number, d]),
  );
  return [
    reshaped(
      g,
      summed(
        g,
        apart,
        shape.map((_, i) => 2 * i),
        false,
      ),
      shape,
    ),
  ];
};

const positive = (v: number, extent: number): number => (v < 0 ? v + extent : v);

/** A list that is an input, or an attribute in older versions. */
function listOf(node: Node, g: Emitter, i: number, name: string): number[] | undefined {
  const value = node.inputs[i];
  const constant = value === undefined ? undefined : g.constant(value);
  if (value !== undefined && !constant) {
    throw new StudioError({
      code: 'unsupported-operator',
      what: `No gradient flows through a ${node.op} whose ${name} are computed`,
      where: { node: node.id, op: node.op },
    });
  }
  const given = constant ? Array.from(constant.data as ArrayLike<number | bigint>, Number) : intsAttr(node, name);
  return given && [...given];
}
