import { expect, test } from 'vitest';
import { createRng } from './rng';

test('the same seed gives the same numbers, another seed others', () => {
  const a = createRng(7);
  const b = createRng(7);
  const c = createRng(8);
  const first = Array.from({ length: 50 }, () => a.uint32());
  expect(Array.from({ length: 50 }, () => b.uint32())).toEqual(first);
  expect(Array.from({ length: 50 }, () => c.uint32())).not.toEqual(first);
});

test('numbers stay in their ranges and have the moments of their distributions', () => {
  const rng = createRng(1);
  let sum = 0;
  let square = 0;
  let uniform = 0;
  const seen = new Set<number>();
  for (let i = 0; i < 20000; i++) {
    const z = rng.normal();
    sum += z;
    square += z * z;
    const u = rng.uniform();
    expect(u >= 0 && u < 1).toBe(true);
    uniform += u;
    seen.add(rng.int(-2, 3));
  }
  expect(Math.abs(sum / 20000)).toBeLessThan(0.03);
  expect(Math.abs(square / 20000 - 1)).toBeLessThan(0.05);
  expect(Math.abs(uniform / 20000 - 0.5)).toBeLessThan(0.01);
  expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
});
