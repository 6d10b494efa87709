/**
 * Cholesky factors of symmetric positive matrices, row-major float64. Small textbook loops; no pivoting. A matrix of thousands of
 * rows takes a minute: between rows the work gives way, and a cancel ends it.
 */
import { throwIfCancelled, type Context } from '../base/context';

/** Multiplications between two moments at which others have their turn. */
const TURN = 2 ** 22;

/** Called after every row with what it cost. */
function turns(ctx: Context): (multiplications: number) => Promise<void> | undefined {
  let work = 0;
  return (multiplications) => {
    work += multiplications;
    if (work < TURN) return undefined;
    work = 0;
    throwIfCancelled(ctx);
    return ctx.tick();
  };
}

/** Lower L with L L^T = a, or undefined where a is not positive. */
export async function cholesky(a: Float64Array, n: number, ctx: Context): Promise<Float64Array | undefined> {
  const pass = turns(ctx);
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = a[i * n + j] as number;
      for (let k = 0, p = i * n, q = j * n; k < j; k++) s -= (l[p + k] as number) * (l[q + k] as number);
      if (i === j) {
        if (!(s > 0)) return undefined;
        l[i * n + i] = Math.sqrt(s);
      } else {
        l[i * n + j] = s / (l[j * n + j] as number);
      }
    }
    await pass((i * i) / 2);
  }
  return l;
}

/** Inverse of a lower triangular matrix, rows contiguous. */
export async function invertLower(l: Float64Array, n: number, ctx: Context): Promise<Float64Array> {
  const pass = turns(ctx);
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const d = 1 / (l[i * n + i] as number);
    for (let k = 0; k < i; k++) {
      const f = -(l[i * n + k] as number) * d;
      if (f === 0) continue;
      for (let j = 0; j <= k; j++) inverse[i * n + j] = (inverse[i * n + j] as number) + f * (inverse[k * n + j] as number);
    }
    inverse[i * n + i] = d;
    await pass((i * i) / 2);
  }
  return inverse;
}

/** Upper U with U^T U = a^-1: what GPTQ walks along. undefined where a is not positive. */
export async function inverseUpperFactor(a: Float64Array, n: number, ctx: Context): Promise<Float64Array | undefined> {
  // with J the reversal, J a J = L L^T gives a^-1 = (J L^-1 J)^T (J L^-1 J), and J L^-1 J is upper triangular
  const reversed = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) reversed[i * n + j] = a[(n - 1 - i) * n + (n - 1 - j)] as number;
  const l = await cholesky(reversed, n, ctx);
  if (!l) return undefined;
  const inverse = await invertLower(l, n, ctx);
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) upper[i * n + j] = inverse[(n - 1 - i) * n + (n - 1 - j)] as number;
  return upper;
}
