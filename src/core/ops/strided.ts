/**
 * Moving elements: axes permuted, and a choice of positions per axis. Slice, Pad, Expand, Tile, Gather and nearest
 * Resize are all choices per axis. Law: elements are copied as they are, whatever their type.
 */
import { sameShape, sizeOf, stridesOf, type Tensor } from '../ir/tensor';
import { dataOf, newData, type BigArray, type NumberArray } from './storage';
import { upTo } from './readers';

/** Typed arrays of one kind: what is copied is never looked at. */
type Elements = Float64Array;
const elements = (data: NumberArray | BigArray): Elements => data as Elements;

/** Axis i of the result is axis perm[i] of t. A view where nothing changes. */
export function transposed(t: Tensor, perm: readonly number[]): Tensor {
  if (perm.every((p, i) => p === i)) return t;
  const from = stridesOf(t.shape);
  const shape = perm.map((p) => t.shape[p] as number);
  const strides = perm.map((p) => from[p] as number);
  const out = newData(t.dtype, sizeOf(shape));
  const [src, dst] = [elements(dataOf(t)), elements(out)];
  const last = shape.length - 1;
  let to = 0;
  const walk = (axis: number, at: number): void => {
    const [extent, step] = [shape[axis] as number, strides[axis] as number];
    if (axis === last) for (let i = 0; i < extent; i++) dst[to++] = src[at + i * step] as number;
    else for (let i = 0; i < extent; i++) walk(axis + 1, at + i * step);
  };
  if (dst.length > 0) walk(0, 0);
  return { dtype: t.dtype, shape, data: out };
}

export function inverse(perm: readonly number[]): number[] {
  const back = new Array<number>(perm.length);
  perm.forEach((p, i) => (back[p] = i));
  return back;
}

/** The axes given come last, in this order; `perm` did it. */
export function axesLast(t: Tensor, axes: readonly number[]): { readonly t: Tensor; readonly perm: readonly number[] } {
  const perm = [...upTo(t.shape.length).filter((a) => !axes.includes(a)), ...axes];
  return { t: transposed(t, perm), perm };
}

/** Every position of an axis, in order. */
export function everything(extent: number): Int32Array {
  const map = new Int32Array(extent);
  for (let i = 0; i < extent; i++) map[i] = i;
  return map;
}

const isEverything = (map: Int32Array, extent: number): boolean => map.length === extent && map.every((v, i) => v === i);

/** Position i of axis a of the result is position maps[a][i] of t; -1 gives `fill`. A view where nothing changes. */
export function picked(t: Tensor, maps: readonly Int32Array[], fill: number | bigint = 0): Tensor {
  // trailing axes that are taken whole are one block
  let inner = 1;
  let depth = maps.length;
  while (depth > 0 && isEverything(maps[depth - 1] as Int32Array, t.shape[depth - 1] as number)) inner *= t.shape[--depth] as number;
  if (depth === 0) return t;
  const shape = maps.map((m) => m.length);
  const strides = stridesOf(t.shape);
  const out = newData(t.dtype, sizeOf(shape));
  const [src, dst] = [elements(dataOf(t)), elements(out)];
  // of the type of dst, as everything that is copied
  const blank = fill as number;
  const sizes = stridesOf(shape);
  const walk = (axis: number, at: number, to: number): void => {
    const map = maps[axis] as Int32Array;
    const [step, size] = [strides[axis] as number, sizes[axis] as number];
    for (let i = 0; i < map.length; i++) {
      const k = map[i] as number;
      const target = to + i * size;
      if (k < 0) dst.fill(blank, target, target + size);
      else if (axis + 1 < depth) walk(axis + 1, at + k * step, target);
      else if (inner < 16) for (let j = 0; j < inner; j++) dst[target + j] = src[at + k * step + j] as number;
      else dst.set(src.subarray(at + k * step, at + k * step + inner), target);
    }
  };
  if (dst.length > 0) walk(0, 0, 0);
  return { dtype: t.dtype, shape, data: out };
}

/** One axis picked, the others whole. */
export function pickedAlong(t: Tensor, axis: number, map: Int32Array): Tensor {
  return picked(
    t,
    t.shape.map((d, a) => (a === axis ? map : everything(d))),
  );
}

/** t repeated along axes of extent 1 (and new leading ones) up to a shape that it broadcasts to. */
export function spreadTo(t: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(t.shape, shape)) return t;
  const padded = [...new Array<number>(shape.length - t.shape.length).fill(1), ...t.shape];
  return picked(
    { ...t, shape: padded },
    shape.map((d, a) => (padded[a] === d ? everything(d) : new Int32Array(d))),
  );
}
