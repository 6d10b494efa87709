/**
 * Ops that move integers and change none: reshape, transpose, concat, slice, pad, expand, gather. Slice,
 * pad, expand and gather are one idea: for every output axis, the input index that each position reads.
 */
import { StudioError } from '../../base/errors';
import type { IntegerModel, IntTensor, MoveOp } from '../../ir/integer-model';
import { sizeOf, stridesOf } from '../../ir/tensor';
import type { Kernel } from '../../kernel/kernel';
import { elementType } from './operands';
import { newTensor, operandOf, valueOf, type Numbers, type OpResult, type Run, type Tensors } from './tensors';

/** -1 reads the fill value. One map per input axis. */
type AxisMap = Int32Array;

export function executeMove(op: MoveOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  if (op.kind === 'reshape' && run.pool && !model.outputs.includes(op.output)) {
    // nobody will see that the two share their elements
    const { data } = operandOf(model, tensors, op.inputs[0] as string);
    const { dtype, shape } = valueOf(model, op.output);
    return { output: { dtype, shape, data } };
  }
  const output = newTensor(model, op.output, run);
  if (op.kind === 'concat') {
    concat(op, tensors, model, output);
    return { output };
  }
  if (op.table !== undefined) {
    const rows = operandOf(model, tensors, op.table);
    copyMapped(rows.data, rows.value.shape, gatherMaps(op, rows.value.shape, tensors, model), undefined, 0, output.data, run);
    return { output };
  }
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const shape = x.value.shape;
  switch (op.kind) {
    case 'reshape':
      output.data.set(x.data);
      break;
    case 'transpose':
      copyMapped(x.data, shape, shape.map(identity), op.attrs.perm ?? shape.map((_, i) => shape.length - 1 - i), 0, output.data, run);
      break;
    case 'slice':
      copyMapped(x.data, shape, sliceMaps(op, shape), undefined, 0, output.data, run);
      break;
    case 'pad':
      copyMapped(x.data, shape, padMaps(op, shape), undefined, op.attrs.value ?? 0, output.data, run);
      break;
    case 'expand': {
      const full = [...new Array<number>(output.shape.length - shape.length).fill(1), ...shape];
      const maps = full.map((d, i) => (d === 1 ? new Int32Array(output.shape[i] as number) : identity(d)));
      copyMapped(x.data, full, maps, undefined, 0, output.data, run);
      break;
    }
    case 'gather':
      copyMapped(x.data, shape, gatherMaps(op, shape, tensors, model), undefined, 0, output.data, run);
      break;
    default:
      op.kind satisfies never;
  }
  return { output };
}

function identity(extent: number): AxisMap {
  const map = new Int32Array(extent);
  for (let i = 1; i < extent; i++) map[i] = i;
  return map;
}

/** `order` lists the input axes in output order. */
function copyMapped(
  x: Numbers,
  shape: readonly number[],
  maps: readonly AxisMap[],
  order: readonly number[] | undefined,
  fill: number,
  out: Numbers,
  { kernel }: Run,
): void {
  const strides = stridesOf(shape);
  const axes = order ?? shape.map((_, i) => i);
  // offsets of everything but the innermost output axis, built up axis by axis; -1 is fill
  let offsets = Int32Array.of(0);
  for (const axis of axes.slice(0, -1)) {
    const map = maps[axis] as AxisMap;
    const next = new Int32Array(offsets.length * map.length);
    let at = 0;
    const stride = strides[axis] as number;
    for (let j = 0; j < offsets.length; j++) {
      const base = offsets[j] as number;
      for (let m = 0; m < map.length; m++) {
        const i = map[m] as number;
        next[at++] = base < 0 || i < 0 ? -1 : base + i * stride;
      }
    }
    offsets = next;
  }
  const last = axes[axes.length - 1];
  const step = last === undefined ? 1 : (strides[last] as number);
  const indices = last === undefined ? Int32Array.of(0) : (maps[last] as AxisMap).map((i) => (i < 0 ? -1 : i * step));
  const side = indices.every((index, i) => index === i) && offsets.every((base) => base >= 0);
  if (side && x.length > 4 * out.length) {
    // a few rows of a large table
    for (let i = 0; i < offsets.length; i++) {
      const base = offsets[i] as number;
      out.set(x.subarray(base, base + indices.length), i * indices.length);
    }
    return;
  }
  kernel.reset();
  const target = kernel.room(out.byteLength);
  const source = elementType(x) === elementType(out) ? kernel.put(x) : putAs(kernel, x, out);
  kernel.move(
    ...[source, out.BYTES_PER_ELEMENT, kernel.put(offsets), offsets.length, kernel.put(indices), indices.length],
    ...[side ? 1 : 0, fill, target],
  );
  kernel.take(target, out);
}

/** The elements in the type of `out`. */
function putAs(kernel: Kernel, x: Numbers, out: Numbers): number {
  const wide = kernel.room(4 * x.length);
  const same = kernel.room(out.BYTES_PER_ELEMENT * x.length);
  kernel.widen(kernel.put(x), elementType(x), x.length, 0, wide);
  kernel.narrow(wide, x.length, 1, x.length, same, x.length, elementType(out));
  return same;
}

/** ONNX Slice: negative indices count from the end, then everything is clamped. */
function sliceMaps(op: MoveOp, shape: readonly number[]): AxisMap[] {
  const { starts = [], ends = [], steps } = op.attrs;
  const axes = op.attrs.axes ?? starts.map((_, i) => i);
  const maps = shape.map(identity);
  axes.forEach((named, i) => {
    const axis = named < 0 ? named + shape.length : named;
    const size = shape[axis] as number;
    const step = steps?.[i] ?? 1;
    const from = (starts[i] as number) + ((starts[i] as number) < 0 ? size : 0);
    const until = (ends[i] as number) + ((ends[i] as number) < 0 ? size : 0);
    const clamp = (v: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, v));
    const first = step > 0 ? clamp(from, 0, size) : clamp(from, 0, size - 1);
    const last = step > 0 ? clamp(until, 0, size) : clamp(until, -1, size - 1);
    const count = Math.max(0, Math.ceil((last - first) / step));
    maps[axis] = Int32Array.from({ length: count }, (_, j) => first + j * step);
  });
  return maps;
}

/** Negative pads cut. Reflect does not repeat the edge. */
function padMaps(op: MoveOp, shape: readonly number[]): AxisMap[] {
  const pads = op.attrs.pads ?? [];
  const mode = op.attrs.mode ?? 'constant';
  return shape.map((size, axis) => {
    const before = pads[axis] as number;
    const after = pads[axis + shape.length] as number;
    return Int32Array.from({ length: Math.max(0, size + before + after) }, (_, j) => {
      const i = j - before;
      if (i >= 0 && i < size) return i;
      if (mode === 'constant') return -1;
      if (mode === 'edge') return i < 0 ? 0 : size - 1;
      const period = Math.max(1, 2 * (size - 1));
      const m = ((i % period) + period) % period;
      return m < size ? m : period - m;
    });
  });
}

function gatherMaps(op: MoveOp, shape: readonly number[], tensors: Tensors, model: IntegerModel): AxisMap[] {
  const name = op.attrs.indices;
  if (name === undefined) throw new StudioError({ code: 'internal', what: 'A gather has no indices', where: { node: op.name } });
  const axis = op.attrs.axis ?? 0;
  const size = shape[axis] as number;
  const maps = shape.map(identity);
  maps[axis] = Int32Array.from(operandOf(model, tensors, name).data, (i) => {
    const at = i < 0 ? i + size : i;
    if (at >= 0 && at < size) return at;
    throw new StudioError({
      code: 'bad-data',
      what: 'An index lies outside the rows that are looked up',
      expected: `below ${size}`,
      got: String(i),
      where: { node: op.name, value: name },
    });
  });
  return maps;
}

function concat(op: MoveOp, tensors: Tensors, model: IntegerModel, output: IntTensor & { readonly data: Numbers }): void {
  const axis = op.attrs.axis ?? 0;
  const row = sizeOf(output.shape.slice(axis));
  let at = 0;
  for (const name of op.operands ?? op.inputs) {
    const x = operandOf(model, tensors, name);
    const run = sizeOf(x.value.shape.slice(axis));
    const lines = run === 0 ? 0 : x.data.length / run;
    for (let i = 0; i < lines; i++) output.data.set(x.data.subarray(i * run, (i + 1) * run), i * row + at);
    at += run;
  }
}
