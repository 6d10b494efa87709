/** A small block to learn: y = x^ + relu(x^ W1)^ W2, its two activations and its two weights on grids; and its slow reading. */
import { roundHalfEven } from '../base/fixed-point';
import { createRng } from '../base/rng';
import type { ValueName } from '../ir/model';
import type { BlockProblem, BlockStep } from './block';
import { floatTensor } from './step-runner';

const rng = createRng(12);
const normals = (n: number): Float32Array => Float32Array.from({ length: n }, () => rng.normal());
const rows = 3;
export const width = 6;
export const first = { weight: normals(width * width), shape: [width, width], scale: Float32Array.of(0.4), axis: undefined, lo: -7, hi: 7 };
export const second = {
  ...first,
  weight: normals(width * width),
  scale: Float32Array.from({ length: width }, (_, i) => 0.3 + i / 20),
  axis: 1,
};

export function blockProblem(scales: readonly number[]): BlockProblem {
  const step = (scale: number, lo: number, hi: number): BlockStep => ({
    scale: Float32Array.of(Math.fround(scale)),
    shape: [],
    zeroPoint: 0,
    lo,
    hi,
  });
  const samples = Array.from({ length: 12 }, () => {
    const float = normals(rows * width);
    const quantized = float.map((v) => v + 0.05 * rng.normal());
    const tensor = (data: Float32Array) => floatTensor([rows, width], data);
    return {
      quantized: [tensor(quantized)],
      float: [tensor(float)],
      target: Float32Array.from(blockOutput(float, undefined, [first.weight, second.weight])),
    };
  });
  return {
    opset: 17,
    inputs: [{ dtype: 'float32', shape: [rows, width] }],
    emitter:
      (g) =>
      ([x], around) => {
        const own = around.quantized(0, x as ValueName);
        const inner = g.emit('Relu', [g.emit('MatMul', [own, around.weight(0)])]);
        return g.emit('Add', [own, g.emit('MatMul', [around.quantized(1, inner), around.weight(1)])]);
      },
    steps: [step(scales[0] as number, -8, 7), step(scales[1] as number, 0, 15)],
    weights: [first, second],
    rounding: { rate: 0.05, lambda: 1 },
    samples: { count: samples.length, take: async (i) => samples[i] as (typeof samples)[number] },
    mostAtOnce: 64,
    seed: 3,
  };
}

export function blockOutput(
  x: ArrayLike<number>,
  steps: readonly (BlockStep & { scale: Float32Array })[] | undefined,
  weights: readonly ArrayLike<number>[],
): number[] {
  const grid = (v: number, i: number): number => {
    const s = steps?.[i];
    if (!s) return v;
    const scale = s.scale[0] as number;
    return scale * Math.min(s.hi, Math.max(s.lo, roundHalfEven(Math.fround(v / scale))));
  };
  const product = (a: ArrayLike<number>, w: ArrayLike<number>, r: number, o: number): number => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += (a[r * width + k] as number) * (w[k * width + o] as number);
    return sum;
  };
  const places = Array.from({ length: rows * width }, (_, i) => [Math.floor(i / width), i % width] as const);
  const own = Array.from(x, (v) => grid(v, 0));
  const inner = places.map(([r, o]) => grid(Math.fround(Math.max(0, product(own, weights[0] as ArrayLike<number>, r, o))), 1));
  return places.map(([r, o], i) => (own[i] as number) + product(inner, weights[1] as ArrayLike<number>, r, o));
}
