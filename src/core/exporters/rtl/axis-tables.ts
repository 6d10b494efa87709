/**
 * Ops that move integers, as tables: for every axis of the output, how far each of its positions moves in the input, -1 where it
 * is filling. The input index of an output element is the sum over its axes. Written from ONNX's words, not from the executor.
 */
import { StudioError } from '../../base/errors';
import type { OpOf } from './context';
import { rowMajor } from './strides';

type MoveOp = OpOf<'reshape' | 'transpose' | 'concat' | 'slice' | 'pad' | 'expand' | 'gather'>;

export interface AxisTables {
  /** Extents of the box that is filled: the output's own, or some of them taken together. */
  readonly box: readonly number[];
  readonly tables: readonly (readonly number[])[];
}

const counted = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Of an op with one source; `indices` are the constant ones of a gather. */
export function axisTables(op: MoveOp, input: readonly number[], output: readonly number[], indices: readonly number[]): AxisTables {
  const strides = rowMajor(input);
  const step = (axis: number): number => strides[axis] as number;
  switch (op.kind) {
    case 'transpose': {
      const perm = op.attrs.perm ?? input.map((_, i) => input.length - 1 - i);
      return { box: output, tables: perm.map((axis) => counted(input[axis] as number).map((i) => i * step(axis))) };
    }
    case 'expand': {
      const missing = output.length - input.length;
      const tables = output.map((extent, axis) =>
        counted(extent).map((i) => (axis < missing || input[axis - missing] === 1 ? 0 : i * step(axis - missing))),
      );
      return { box: output, tables };
    }
    case 'slice':
      return { box: output, tables: slicePositions(op, input).map((list, axis) => list.map((i) => i * step(axis))) };
    case 'pad':
      return { box: output, tables: padPositions(op, input).map((list, axis) => list.map((i) => (i < 0 ? -1 : i * step(axis)))) };
    case 'gather': {
      const axis = ((op.attrs.axis ?? 0) + input.length) % input.length;
      const size = input[axis] as number;
      const after = step(axis);
      const before = input.slice(0, axis).reduce((a, b) => a * b, 1);
      return {
        box: [before, indices.length, after],
        tables: [counted(before).map((i) => i * size * after), indices.map((i) => (i < 0 ? i + size : i) * after), counted(after)],
      };
    }
    default:
      throw new StudioError({ code: 'internal', what: 'An op that has no tables of its axes', where: { op: op.name } });
  }
}

function slicePositions(op: MoveOp, input: readonly number[]): number[][] {
  const { starts = [], ends = [], axes, steps } = op.attrs;
  const positions = input.map((extent) => counted(extent));
  starts.forEach((start, i) => {
    const axis = ((axes?.[i] ?? i) + input.length) % input.length;
    const size = input[axis] as number;
    const by = steps?.[i] ?? 1;
    const end = ends[i] ?? size;
    const list: number[] = [];
    const from = start < 0 ? start + size : start;
    const to = end < 0 ? end + size : end;
    // as ONNX: clamped to what a walk in this direction can reach
    if (by > 0) for (let p = Math.max(0, from); p < Math.min(size, to); p += by) list.push(p);
    else for (let p = Math.min(size - 1, from); p > Math.max(-1, to); p += by) list.push(p);
    positions[axis] = list;
  });
  return positions;
}

function padPositions(op: MoveOp, input: readonly number[]): number[][] {
  const { pads = [], mode = 'constant' } = op.attrs;
  return input.map((extent, axis) => {
    const begin = pads[axis] ?? 0;
    const end = pads[input.length + axis] ?? 0;
    // negative pads cut, and what is filled is seen from what is left
    const from = Math.max(0, -begin);
    const left = extent - from - Math.max(0, -end);
    return counted(extent + begin + end).map((i) => {
      const p = i - Math.max(0, begin);
      if (p >= 0 && p < left) return from + p;
      if (mode === 'constant') return -1;
      if (mode === 'edge') return from + Math.min(left - 1, Math.max(0, p));
      return from + mirrored(p, left);
    });
  });
}

/** Reflection that does not repeat the edge. */
function mirrored(p: number, extent: number): number {
  if (extent === 1) return 0;
  const period = 2 * (extent - 1);
  const q = ((p % period) + period) % period;
  return q < extent ? q : period - q;
}
