/**
 * The inputs of a layer as rows of a matrix: one row per output position, its columns those of the weight (input channels
 * of a group, then the window). From the integers of the quantized prefix, zero point taken off: whole numbers, so that
 * their products sum exactly.
 */
import type { ConvOp, IntegerModel, MatMulOp } from '../ir/integer-model';
import { rowFactors } from '../ops/lower/tokens';
import { sizeOf } from '../ir/tensor';

export interface LayerRows {
  /** Rows of one sample. */
  readonly positions: number;
  readonly columns: number;
  readonly groups: number;
  /** Writes row `position` of one group to out[at], out[at + 1], ... */
  fill(x: ArrayLike<number>, position: number, group: number, out: Float64Array, at: number): void;
}

/** `zero`: what is taken off every element; the input's zero point, unless the elements are real numbers. */
export function layerRows(op: ConvOp | MatMulOp, model: IntegerModel, zero = zeroPointOf(op, model)): LayerRows {
  const x = model.values.get(op.inputs[0] as string);
  const shape = x?.shape ?? [];
  return op.kind === 'conv' ? convRows(op, model, shape, zero) : productRows(shape, zero, x?.quant && rowFactors(x.quant));
}

function zeroPointOf(op: ConvOp | MatMulOp, model: IntegerModel): number {
  return model.values.get(op.inputs[0] as string)?.quant?.zeroPoint ?? 0;
}

/** `factors`: of rows whose tokens have scales of their own. */
function productRows(shape: readonly number[], zero: number, factors: Int32Array | undefined): LayerRows {
  const columns = shape.at(-1) ?? 1;
  return {
    positions: sizeOf(shape) / columns,
    columns,
    groups: 1,
    fill(x, position, _group, out, at) {
      const factor = factors ? (factors[position % factors.length] as number) : 1;
      for (let k = 0, i = position * columns; k < columns; k++, i++) out[at + k] = ((x[i] as number) - zero) * factor;
    },
  };
}

/** One spatial axis counts as two, the first of extent 1. */
function convRows(op: ConvOp, model: IntegerModel, shape: readonly number[], zero: number): LayerRows {
  const weight = model.constants.get(op.weight)?.shape ?? [];
  const out = model.values.get(op.acc)?.shape ?? [];
  const flat = shape.length === 3;
  const pair = (v: readonly number[], absent: number): readonly [number, number] =>
    flat ? [absent, v[0] as number] : [v[0] as number, v[1] as number];
  const { strides, pads, dilations, group } = op.attrs;
  const [height, width] = pair(shape.slice(2), 1);
  const [kh, kw] = pair(weight.slice(2), 1);
  const [outHeight, outWidth] = pair(out.slice(2), 1);
  const [top, left] = pair(pads.slice(0, shape.length - 2), 0);
  const [sy, sx] = pair(strides, 1);
  const [dy, dx] = pair(dilations, 1);
  const channels = shape[1] as number;
  const perGroup = weight[1] as number;
  const plane = outHeight * outWidth;
  return {
    positions: (shape[0] as number) * plane,
    columns: perGroup * kh * kw,
    groups: group,
    fill(x, position, g, row, at) {
      const n = Math.floor(position / plane);
      const y0 = Math.floor((position - n * plane) / outWidth) * sy - top;
      const x0 = (position % outWidth) * sx - left;
      let to = at;
      for (let c = 0; c < perGroup; c++) {
        const from = (n * channels + g * perGroup + c) * height * width;
        for (let a = 0; a < kh; a++) {
          const yy = y0 + a * dy;
          for (let b = 0; b < kw; b++) {
            const xx = x0 + b * dx;
            const inside = yy >= 0 && yy < height && xx >= 0 && xx < width;
            row[to++] = inside ? (x[from + yy * width + xx] as number) - zero : 0;
          }
        }
      }
    },
  };
}

/** The weight as rows of the layer's outputs, [outputs, columns], and back. `turned`: [K, N] as MatMul and Gemm have it. */
export function weightRows(w: ArrayLike<number>, outputs: number, turned: boolean): Float64Array {
  const rows = new Float64Array(w.length);
  const columns = w.length / outputs;
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < columns; k++) rows[o * columns + k] = w[turned ? k * outputs + o : o * columns + k] as number;
  }
  return rows;
}

export function fromWeightRows(rows: ArrayLike<number>, outputs: number, turned: boolean, to: { [i: number]: number }): void {
  const columns = rows.length / outputs;
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < columns; k++) to[turned ? k * outputs + o : o * columns + k] = rows[o * columns + k] as number;
  }
}

/** [N, C, ...] as rows of its positions. */
export function channelsLast(x: Float32Array, [batch = 1, channels = 1]: readonly number[]): Float32Array {
  const plane = x.length / (batch * channels);
  const out = new Float32Array(x.length);
  for (let n = 0, at = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < plane; p++) out[(n * plane + p) * channels + c] = x[at++] as number;
    }
  }
  return out;
}
