/**
 * Cholesky factors of symmetric positive matrices, row-major float64. Small textbook loops; no pivoting.
 */

/** Lower L with L L^T = a, or undefined where a is not positive. */
export function cholesky(a: Float64Array, n: number): Float64Array | undefined {
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
  }
  return l;
}

/** Inverse of a lower triangular matrix, rows contiguous. */
export function invertLower(l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const d = 1 / (l[i * n + i] as number);
    for (let k = 0; k < i; k++) {
      const f = -(l[i * n + k] as number) * d;
      if (f === 0) continue;
      for (let j = 0; j <= k; j++) inverse[i * n + j] = (inverse[i * n + j] as number) + f * (inverse[k * n + j] as number);
    }
    inverse[i * n + i] = d;
  }
  return inverse;
}

/** Upper U with U^T U = a^-1: what GPTQ walks along. undefined where a is not positive. */
export function inverseUpperFactor(a: Float64Array, n: number): Float64Array | undefined {
  // with J the reversal, J a J = L L^T gives a^-1 = (J L^-1 J)^T (J L^-1 J), and J L^-1 J is upper triangular
  const reversed = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) reversed[i * n + j] = a[(n - 1 - i) * n + (n - 1 - j)] as number;
  const l = cholesky(reversed, n);
  if (!l) return undefined;
  const inverse = invertLower(l, n);
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) upper[i * n + j] = inverse[(n - 1 - i) * n + (n - 1 - j)] as number;
  return upper;
}
