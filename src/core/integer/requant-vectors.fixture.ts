/**
 * Test vectors of the requantization, for everybody who implements it (executor, kernel, verify.py, ONNX, C, SystemVerilog):
 * random, extreme and tie values per mode and width, with what they must give by an oracle of its own (BigInt, quotient and
 * remainder; gemmlowp's two steps as gemmlowp writes them). As text: a line each, `mode mbits acc M n zp lo hi y`.
 * `tflite`: n < 31 shifts acc left by 31 - n before the doubling high product, n > 31 shifts its result right by n - 31.
 */
import { createRng, type Rng } from '../base/rng';

export const vectorModes = ['half-up', 'half-even', 'half-away', 'floor', 'tflite'] as const;
export type VectorMode = (typeof vectorModes)[number];

export interface RequantVector {
  readonly mode: VectorMode;
  /** Bits of the multiplier with its sign; 1: powers of two (M is 1 or -1); `tflite` has 32. */
  readonly mbits: number;
  readonly acc: number;
  readonly M: number;
  readonly n: number;
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
  readonly y: number;
}

/** Widths of multipliers per mode. */
export const vectorWidths: Readonly<Record<VectorMode, readonly number[]>> = {
  'half-up': [1, 8, 12, 16, 24, 31, 32],
  'half-even': [1, 8, 12, 16, 24, 31, 32],
  'half-away': [1, 8, 12, 16, 24, 31, 32],
  floor: [1, 8, 12, 16, 24, 31, 32],
  tflite: [32],
};

/** So many vectors a mode and width. */
export const VECTORS = 1000;

const LEAST = -(2n ** 31n);
const MOST = 2n ** 31n - 1n;

/** v / d rounded, d > 0: the remainder decides. */
export function dividedBy(v: bigint, d: bigint, mode: Exclude<VectorMode, 'tflite'>): bigint {
  const r = ((v % d) + d) % d;
  const q = (v - r) / d;
  if (mode === 'floor' || r === 0n) return q;
  if (2n * r !== d) return 2n * r > d ? q + 1n : q;
  if (mode === 'half-up') return q + 1n;
  if (mode === 'half-away') return v > 0n ? q + 1n : q;
  return q % 2n === 0n ? q : q + 1n;
}

/** gemmlowp's SaturatingRoundingDoublingHighMul: a truncating division after a nudge that has the product's sign. */
export function doublingHighMul(a: bigint, b: bigint): bigint {
  if (a === LEAST && b === LEAST) return MOST;
  const product = a * b;
  const nudge = product >= 0n ? 2n ** 30n : 1n - 2n ** 30n;
  return (product + nudge) / 2n ** 31n;
}

/** gemmlowp's RoundingDivideByPOT, from its mask and threshold. */
export function divideByPowerOfTwo(x: bigint, exponent: number): bigint {
  const mask = 2n ** BigInt(exponent) - 1n;
  const threshold = mask / 2n + (x < 0n ? 1n : 0n);
  return (x >> BigInt(exponent)) + ((x & mask) > threshold ? 1n : 0n);
}

/** What a vector must give. */
export function expected(v: Omit<RequantVector, 'y'>): number {
  const [acc, M] = [BigInt(v.acc), BigInt(v.M)];
  const scaled =
    v.mode === 'tflite'
      ? divideByPowerOfTwo(doublingHighMul(acc * 2n ** BigInt(Math.max(0, 31 - v.n)), M), Math.max(0, v.n - 31))
      : dividedBy(acc * M, 2n ** BigInt(v.n), v.mode);
  const y = scaled + BigInt(v.zeroPoint);
  return y < BigInt(v.lo) ? v.lo : y > BigInt(v.hi) ? v.hi : Number(y);
}

/** Ranges of outputs: 8 bits of both kinds, a fused ReLU, few bits, 16 bits. */
const ranges = [
  [-128, 127],
  [0, 255],
  [3, 255],
  [-8, 7],
  [-32768, 32767],
  [0, 65535],
] as const;

const inInt32 = (x: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x));

function multiplierOf(mbits: number, rng: Rng): number {
  if (mbits === 1) return rng.int(0, 9) === 0 ? -1 : 1;
  const top = 2 ** (mbits - 1) - 1;
  const kind = rng.int(0, 19);
  const size = kind === 0 ? top : kind === 1 ? 2 ** (mbits - 2) : kind === 2 ? rng.int(0, 3) : rng.int(2 ** (mbits - 2), top);
  return rng.int(0, 7) === 0 ? 0 - size : size;
}

/** Accumulators whose product lies on a tie of 2^n, or one off, where M allows it; else all sizes and both ends. */
function accumulatorOf(M: number, n: number, width: number, i: number, rng: Rng): number {
  const kind = i % 5;
  if (kind === 0 && M !== 0) {
    // with an odd M and n <= 32 an odd multiple of 2^(n-1) is a tie
    const half = n >= 1 && n <= 31 ? 2 ** (n - 1) : 1;
    const most = Math.floor(width / half);
    return inInt32((2 * rng.int(-Math.ceil(most / 2), Math.floor(most / 2)) + 1) * half + rng.int(-1, 1));
  }
  if (kind === 1) return rng.int(0, 3) === 0 ? -(2 ** 31) : rng.int(0, 2) === 0 ? 2 ** 31 - 1 : rng.int(-(2 ** 31), 2 ** 31 - 1);
  if (kind === 2 && M !== 0) {
    // lands within an output range of 8 bits
    return inInt32(Math.round((rng.int(-300, 300) + rng.uniform()) * (2 ** n / M)));
  }
  return inInt32(rng.int(-width, width));
}

function vectorsOf(mode: VectorMode, mbits: number, rng: Rng): RequantVector[] {
  return Array.from({ length: VECTORS }, (_, i): RequantVector => {
    let M = multiplierOf(mbits, rng);
    if (i % 5 === 0 && M % 2 === 0 && Math.abs(M) > 2) M -= 1;
    const width = 2 ** rng.int(1, 31);
    const common = Math.max(0, mbits - 2);
    const n = rng.int(0, 9) === 0 ? (rng.int(0, 1) === 0 ? 0 : 62) : rng.int(0, 3) === 0 ? rng.int(0, 62) : common + rng.int(0, 30);
    const shift = Math.min(62, n);
    let acc = accumulatorOf(M, shift, width, i, rng);
    if (mode === 'tflite') {
      if (i % 5 === 0) {
        // ties of both steps: a scale of 1/2 or 3/4, accumulators next to odd multiples of half the last divisor
        M = (rng.int(0, 1) === 0 ? 2 ** 30 : 3 * 2 ** 29) * (rng.int(0, 5) === 0 ? -1 : 1);
        const half = 2 ** Math.max(0, shift - 32);
        acc = inInt32(2 * (2 * rng.int(-300, 300) + 1) * half + rng.int(-1, 1));
      }
      // proved of every layer: the shift to the left stays within 32 bits
      const left = Math.max(0, 31 - shift);
      acc = Math.max(Math.ceil(-(2 ** 31) / 2 ** left), Math.min(Math.floor((2 ** 31 - 1) / 2 ** left), acc));
      if (i % 100 === 99) [acc, M] = [-(2 ** Math.min(31, shift)), -(2 ** 31)];
    }
    const [lo, hi] = ranges[rng.int(0, ranges.length - 1)] ?? ranges[0];
    const zeroPoint = rng.int(0, 2) === 0 ? Math.max(lo, 0) : rng.int(lo, hi);
    const v = { mode, mbits, acc: acc + 0, M: M + 0, n: shift, zeroPoint, lo, hi };
    return { ...v, y: expected(v) };
  });
}

/** The same for everybody: VECTORS a mode and width. */
export function requantVectors(seed = 1): RequantVector[] {
  const rng = createRng(seed);
  return vectorModes.flatMap((mode) => vectorWidths[mode].flatMap((mbits) => vectorsOf(mode, mbits, rng)));
}

/** `mode mbits acc M n zp lo hi y`, a line each. */
export function requantVectorText(vectors: readonly RequantVector[] = requantVectors()): string {
  return vectors.map((v) => `${[v.mode, v.mbits, v.acc, v.M, v.n, v.zeroPoint, v.lo, v.hi, v.y].join(' ')}\n`).join('');
}

export interface AccumulatorVector {
  readonly overflow: 'wrap' | 'saturate';
  /** Of the register, with its sign. */
  readonly bits: number;
  /** The exact sum, bias included. */
  readonly total: number;
  /** What the register holds. */
  readonly acc: number;
}

/** Wrap and saturation act once, on the exact total: ends of the range, one beyond, and random totals of 32 bits. */
export function accumulatorVectors(seed = 2): AccumulatorVector[] {
  const rng = createRng(seed);
  return (['wrap', 'saturate'] as const).flatMap((overflow) =>
    [8, 12, 16, 20, 24, 28, 31, 32].flatMap((bits) => {
      const half = 2 ** (bits - 1);
      const ends = [half - 1, half, half + 1, 2 * half - 1, 2 * half, -half, -half - 1, -half + 1, -2 * half, 0, 2 ** 31 - 1, -(2 ** 31)];
      const some = Array.from({ length: 100 }, () => {
        const width = 2 ** rng.int(4, 31);
        return rng.int(-width, width - 1);
      });
      return [...ends, ...some].map(inInt32).map((total): AccumulatorVector => {
        const full = 2n ** BigInt(bits);
        const wrapped = ((((BigInt(total) + full / 2n) % full) + full) % full) - full / 2n;
        const saturated = Math.max(-half, Math.min(half - 1, total));
        return { overflow, bits, total: total + 0, acc: overflow === 'wrap' ? Number(wrapped) : saturated };
      });
    }),
  );
}

/** `wrap|saturate bits total acc`, a line each. */
export function accumulatorVectorText(vectors: readonly AccumulatorVector[] = accumulatorVectors()): string {
  return vectors.map((v) => `${v.overflow} ${v.bits} ${v.total} ${v.acc}\n`).join('');
}
