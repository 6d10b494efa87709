/**
 * What learned rounding leaves behind, taken away exactly: chains of up to three weights that change between rounding down and
 * up together. Where inputs depend on each other, one change alone costs what two or three make up for, and a gradient that
 * ends at hard bits has not seen it. Works on X^T X, output by output; no randomness, no runtime.
 * Laws: a weight that is exactly 0 keeps its integer; no step makes the loss d H d^T - 2 d c^T of a row larger, d being the error of its weights.
 */
import { throwIfCancelled, type Context } from '../base/context';

/** Longer chains gain less than a percent. */
const LONGEST = 3;
/** Walks over all weights of a row; most rows settle in five. */
const WALKS = 8;
/** Gains below this share of what a step of one weight costs are rounding errors of H. */
const LEAST_GAIN = 1e-6;

export interface ExchangeProblem {
  readonly groups: number;
  readonly outputs: number;
  readonly columns: number;
  /** [groups, outputs, columns] */
  readonly weight: Float64Array;
  /** [groups, outputs] */
  readonly scale: Float64Array;
  readonly lo: number;
  readonly hi: number;
  /** [groups, columns, columns]: X^T X. */
  readonly square: ArrayLike<number>;
  /** [groups, outputs, columns]: E^T X, what the float layer gives beyond the same weights on these inputs. */
  readonly cross: ArrayLike<number>;
}

/** `start`: integers, each the one below its weight or the one above. */
export async function exchange(p: ExchangeProblem, start: Int32Array, ctx: Context): Promise<Int32Array> {
  const { groups, outputs, columns } = p;
  const integers = start.slice();
  for (let g = 0; g < groups; g++) {
    const size = columns * columns;
    const h = Float64Array.from({ length: size }, (_, i) => p.square[g * size + i] as number);
    for (let o = g * outputs; o < (g + 1) * outputs; o++) {
      const at = o * columns;
      const { weight, scale, cross } = p;
      const own = {
        q: integers.subarray(at, at + columns),
        w: weight.subarray(at, at + columns),
        c: Float64Array.from({ length: columns }, (_, k) => cross[at + k] as number),
      };
      exchangeRow(own, scale[o] as number, h, p);
      if (columns > 64 || (o & 63) === 63) {
        await ctx.tick();
        throwIfCancelled(ctx);
      }
    }
  }
  return integers;
}

interface Row {
  /** Changed in place. */
  readonly q: Int32Array;
  readonly w: Float64Array;
  readonly c: Float64Array;
}

function exchangeRow({ q, w, c }: Row, s: number, h: Float64Array, { lo, hi }: ExchangeProblem): void {
  const n = q.length;
  const below = Int32Array.from(w, (v) => Math.floor(v / s));
  /** What the weight changes by if it is the next; 0 where it cannot. */
  const step = new Float64Array(n);
  const turn = (k: number): void => {
    const by = (q[k] as number) > (below[k] as number) ? -1 : 1;
    const next = (q[k] as number) + by;
    step[k] = next < lo || next > hi || w[k] === 0 ? 0 : by * s;
  };
  for (let k = 0; k < n; k++) turn(k);
  // half the gradient, d H - c
  const gradient = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = -(c[i] as number);
    for (let j = 0, at = i * n; j < n; j++, at++) sum += (h[at] as number) * ((q[j] as number) * s - (w[j] as number));
    gradient[i] = sum;
  }
  const square = Float64Array.from({ length: n }, (_, k) => h[k * n + k] as number);
  const least = (LEAST_GAIN * s * s * square.reduce((a, b) => a + b, 0)) / n;
  const trial = new Float64Array(n);
  const inChain = new Int32Array(n).fill(-1);
  const chain = new Int32Array(LONGEST);
  for (let walk = 0, mark = 0, hasGained = true; walk < WALKS && hasGained; walk++) {
    hasGained = false;
    for (let first = 0; first < n; first++, mark++) {
      if (step[first] === 0) continue;
      trial.set(gradient);
      let k = first;
      let cost = (step[k] as number) * (2 * (trial[k] as number) + (step[k] as number) * (square[k] as number));
      let [total, best, kept] = [0, -least, 0];
      for (let length = 1; length <= LONGEST; length++) {
        total += cost;
        chain[length - 1] = k;
        inChain[k] = mark;
        if (total < best) [best, kept] = [total, length];
        if (length === LONGEST) break;
        const by = step[k] as number;
        let next = -1;
        cost = Infinity;
        for (let j = 0, at = k * n; j < n; j++, at++) {
          const slope = (trial[j] as number) + by * (h[at] as number);
          trial[j] = slope;
          const own = step[j] as number;
          const candidate = own * (2 * slope + own * (square[j] as number));
          if (candidate < cost && own !== 0 && inChain[j] !== mark) [cost, next] = [candidate, j];
        }
        if (next < 0) break;
        k = next;
      }
      for (let i = 0; i < kept; i++) {
        const changed = chain[i] as number;
        const by = step[changed] as number;
        q[changed] = (q[changed] as number) + Math.sign(by);
        for (let j = 0, at = changed * n; j < n; j++, at++) gradient[j] = (gradient[j] as number) + by * (h[at] as number);
        turn(changed);
      }
      hasGained ||= kept > 0;
    }
  }
}
