import { expect, test } from 'vitest';
import { isqrt } from './isqrt';
import { createRng } from './rng';

test('is the largest whole number whose square is not above v', () => {
  const rng = createRng(8);
  const roots = [
    0,
    1,
    2,
    3,
    94906265,
    94906266,
    94906267,
    3037000498,
    3037000499,
    ...Array.from({ length: 3000 }, () => rng.int(0, 3037000499)),
  ];
  for (const a of roots.map(BigInt)) {
    for (const v of [a * a, a * a + 1n, a * a + 2n * a, a * a - 1n]) {
      if (v < 0n || v >= 1n << 63n) continue;
      const r = BigInt(isqrt(v));
      expect(r * r <= v && (r + 1n) * (r + 1n) > v).toBe(true);
    }
  }
});
