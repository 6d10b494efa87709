/**
 * Seeded random numbers: the same seed gives the same numbers in every engine. Generator: sfc32 (Chris
 * Doty-Humphrey, PractRand), 128 bits of state, 32-bit integer operations only. Not for secrets.
 */
import { log } from './math';

export interface Rng {
  /** Uniform 32-bit unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number;
  /** Uniform integer in [lo, hi], both included; hi - lo < 2^53. */
  int(lo: number, hi: number): number;
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
}

export function createRng(seed: number): Rng {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let d = 1;
  let spare: number | undefined;

  function uint32(): number {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  }
  for (let i = 0; i < 12; i++) uint32();

  function uniform(): number {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  function normal(): number {
    if (spare !== undefined) {
      const v = spare;
      spare = undefined;
      return v;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const f = Math.sqrt((-2 * log(s)) / s);
        spare = v * f;
        return u * f;
      }
    }
  }

  return { uint32, uniform, normal, int: (lo, hi) => lo + Math.floor(uniform() * (hi - lo + 1)) };
}
