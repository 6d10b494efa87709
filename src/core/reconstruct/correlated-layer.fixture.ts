/**
 * A 3x3 layer of 64 channels on inputs as networks have them: 32 smooth fields mixed into 64 channels behind a ReLU, so that
 * neighbours in space and in channels say nearly the same. What rounding gains depends on that: a sevenfold error here, a
 * threefold one where all channels are independent. With rows that were not learned on, to measure by.
 */
import { createRng, type Rng } from '../base/rng';
import type { RoundingProblem } from './rounding';
import { rowsOf } from './rows.fixture';

const [FIELDS, CHANNELS, SIDE, WINDOW] = [32, 64, 8, 3];
export const columns = CHANNELS * WINDOW * WINDOW;
const outputs = CHANNELS;

/** White noise that a 3x3 box has gone over twice. */
function smoothField(rng: Rng): Float64Array {
  const margin = 2;
  const side = SIDE + 2 * margin;
  let field = Float64Array.from({ length: side * side }, () => rng.normal());
  for (let pass = 0; pass < 2; pass++) {
    const before = field;
    field = Float64Array.from({ length: side * side }, (_, i) => {
      const [y, x] = [Math.floor(i / side), i % side];
      let sum = 0;
      for (let a = Math.max(0, y - 1); a <= Math.min(side - 1, y + 1); a++)
        for (let b = Math.max(0, x - 1); b <= Math.min(side - 1, x + 1); b++) sum += before[a * side + b] as number;
      return (sum / 9) * 2;
    });
  }
  return Float64Array.from(
    { length: SIDE * SIDE },
    (_, i) => field[(Math.floor(i / SIDE) + margin) * side + (i % SIDE) + margin] as number,
  );
}

/** `perSample` windows of each sample, at random places. [samples * perSample, columns] */
function inputRows(samples: number, perSample: number, seed: number, mix: Float64Array): Float32Array {
  const rng = createRng(seed);
  const rows = new Float32Array(samples * perSample * columns);
  const plane = SIDE * SIDE;
  let at = 0;
  for (let s = 0; s < samples; s++) {
    const fields = Array.from({ length: FIELDS }, () => smoothField(rng));
    const x = new Float64Array(CHANNELS * plane);
    for (let c = 0; c < CHANNELS; c++) {
      for (let f = 0; f < FIELDS; f++) {
        const share = mix[c * FIELDS + f] as number;
        const field = fields[f] as Float64Array;
        for (let p = 0; p < plane; p++) x[c * plane + p] = (x[c * plane + p] as number) + share * (field[p] as number);
      }
    }
    for (let i = 0; i < perSample; i++) {
      const [top, left] = [rng.int(0, SIDE - WINDOW), rng.int(0, SIDE - WINDOW)];
      for (let c = 0; c < CHANNELS; c++)
        for (let a = 0; a < WINDOW; a++)
          for (let b = 0; b < WINDOW; b++) rows[at++] = Math.max(0, x[c * plane + (top + a) * SIDE + left + b] as number);
    }
  }
  return rows;
}

/** x W^T, [rows, outputs] */
function outputsOf(x: Float32Array, w: ArrayLike<number>): Float32Array {
  const rows = x.length / columns;
  const y = new Float32Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let k = 0, i = r * columns, j = o * columns; k < columns; k++, i++, j++) sum += (x[i] as number) * (w[j] as number);
      y[r * outputs + o] = sum;
    }
  }
  return y;
}

export interface CorrelatedLayer {
  readonly problem: RoundingProblem;
  readonly nearest: Int32Array;
  /** Squared error of the outputs over their square, on rows that are not the problem's. */
  heldOut(integers: ArrayLike<number>): number;
}

/** Weights of 4 bits; 8 positions of every sample. */
export function correlatedLayer(samples: number): CorrelatedLayer {
  const rng = createRng(5);
  const mix = Float64Array.from({ length: CHANNELS * FIELDS }, () => rng.normal() / Math.sqrt(FIELDS));
  const weight = Float64Array.from({ length: outputs * columns }, () => Math.fround(0.05 * rng.normal()));
  const scale = Float64Array.from({ length: outputs }, (_, o) =>
    Math.fround(weight.subarray(o * columns, (o + 1) * columns).reduce((m, v) => Math.max(m, Math.abs(v)), 0) / 7),
  );
  const x = inputRows(samples, 8, 1, mix);
  const held = inputRows(256, 4, 2, mix);
  const power = outputsOf(held, weight).reduce((sum, v) => sum + v * v, 0);
  const real = (q: ArrayLike<number>, i: number): number => (q[i] as number) * (scale[Math.floor(i / columns)] as number);
  return {
    problem: {
      ...{ groups: 1, outputs, columns, weight, scale, lo: -7, hi: 7 },
      ...rowsOf(1, x.length / columns, x, outputsOf(x, weight)),
      ...{ bias: new Float64Array(outputs), clamp: undefined, seed: 1 },
    },
    nearest: Int32Array.from(weight, (w, i) => Math.round(w / (scale[Math.floor(i / columns)] as number))),
    heldOut: (q) =>
      outputsOf(
        held,
        weight.map((w, i) => real(q, i) - w),
      ).reduce((sum, v) => sum + v * v, 0) / power,
  };
}
