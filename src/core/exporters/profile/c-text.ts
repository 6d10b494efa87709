/**
 * `requant.h`: the bundle's requantization in C99, exact for every value that the proofs allow. All styles and roundings are in
 * it; `t2c_requant` and `t2c_accumulate` are this bundle's. Nothing in it depends on how a compiler shifts negative numbers.
 */
import type { Arithmetic, Rounding } from '../../ir/integer-model';

const names: Readonly<Record<Rounding, string>> = {
  'half-up': 'T2C_HALF_UP',
  'half-even': 'T2C_HALF_EVEN',
  'half-away': 'T2C_HALF_AWAY',
  floor: 'T2C_FLOOR',
};

export function requantHeader({ rounding, multiplier, accumulator }: Arithmetic): string {
  const product = multiplier.kind === 'tflite' ? 't2c_high_mul_shift' : 't2c_mul_shift';
  const register =
    accumulator === undefined
      ? 'return total; /* proved to fit 32 bits */'
      : `return t2c_${accumulator.overflow}(total, ${accumulator.bits});`;
  return String.raw`/* The requantization of this bundle in C99: exact integers, no dependencies. See profile.md. */
#ifndef T2C_REQUANT_H
#define T2C_REQUANT_H

#include <stdint.h>

typedef enum { T2C_HALF_UP, T2C_HALF_EVEN, T2C_HALF_AWAY, T2C_FLOOR } t2c_rounding;

/* floor(v / 2^n), 0 <= n <= 63 */
static inline int64_t t2c_floor_shift(int64_t v, unsigned n) {
  return v >= 0 ? (int64_t)((uint64_t)v >> n) : ~(int64_t)(~(uint64_t)v >> n);
}

/* v / 2^n rounded, 0 <= n <= 62, |v| + 2^(n-1) < 2^63; n = 0 gives v */
static inline int64_t t2c_rshift(int64_t v, unsigned n, t2c_rounding mode) {
  if (n == 0) return v;
  const int64_t half = (int64_t)1 << (n - 1);
  if (mode == T2C_FLOOR) return t2c_floor_shift(v, n);
  if (mode == T2C_HALF_AWAY && v < 0) return -t2c_floor_shift(half - v, n);
  int64_t y = t2c_floor_shift(v + half, n);
  if (mode == T2C_HALF_EVEN) {
    const uint64_t mask = ((uint64_t)1 << n) - 1;
    if (((uint64_t)v & mask) == (uint64_t)half && (y & 1)) y -= 1;
  }
  return y;
}

/* acc * M / 2^n, one rounding */
static inline int64_t t2c_mul_shift(int64_t acc, int32_t m, unsigned n, t2c_rounding mode) {
  return t2c_rshift(acc * m, n, mode);
}

/* gemmlowp: SaturatingRoundingDoublingHighMul */
static inline int32_t t2c_doubling_high_mul(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
  return (int32_t)t2c_floor_shift((int64_t)a * b + ((int64_t)1 << 30), 31);
}

/* gemmlowp: acc << (31 - n) times M, then a shift by n - 31, where these are positive. acc << (31 - n) fits int32. */
static inline int64_t t2c_high_mul_shift(int64_t acc, int32_t m, unsigned n, t2c_rounding mode) {
  const int32_t left = (int32_t)(n < 31 && m != 0 ? acc * ((int64_t)1 << (31 - n)) : acc);
  return t2c_rshift(t2c_doubling_high_mul(left, m), n > 31 ? n - 31 : 0, mode);
}

static inline int64_t t2c_clamp(int64_t v, int64_t lo, int64_t hi) {
  return v < lo ? lo : v > hi ? hi : v;
}

/* What a register of so many bits (8 to 32) keeps of an exact sum */
static inline int64_t t2c_saturate(int64_t total, unsigned bits) {
  const int64_t half = (int64_t)1 << (bits - 1);
  return t2c_clamp(total, -half, half - 1);
}
static inline int64_t t2c_wrap(int64_t total, unsigned bits) {
  const int64_t half = (int64_t)1 << (bits - 1);
  return (int64_t)(((uint64_t)total + (uint64_t)half) & ((uint64_t)2 * (uint64_t)half - 1)) - half;
}

/* ---- this bundle ---- */
#define T2C_ROUNDING ${names[rounding]}

/* What the accumulator holds of the exact sum (bias included) */
static inline int64_t t2c_accumulate(int64_t total) {
  ${register}
}

/* y = clamp(zero_point + round(acc * M / 2^n), lo, hi) */
static inline int32_t t2c_requant(int64_t acc, int32_t m, unsigned n, int32_t zero_point, int32_t lo, int32_t hi) {
  return (int32_t)t2c_clamp(zero_point + ${product}(acc, m, n, T2C_ROUNDING), lo, hi);
}

/* y = clamp(zero_point + round(total / 2^n), lo, hi): add, sub and the last step of layer normalization, rounded once */
static inline int32_t t2c_requant_sum(int64_t total, unsigned n, int32_t zero_point, int32_t lo, int32_t hi) {
  return (int32_t)t2c_clamp(zero_point + t2c_rshift(total, n, T2C_ROUNDING), lo, hi);
}

#endif
`;
}

/** Reads vectors.txt (`acc M n zero_point lo hi y`, a line each) and exits with 1 at the first that differs. */
export const checkC = String.raw`/* cc -std=c99 -o check check.c && ./check vectors.txt */
#include <inttypes.h>
#include <stdio.h>
#include "requant.h"

int main(int argc, char **argv) {
  FILE *f = fopen(argc > 1 ? argv[1] : "vectors.txt", "r");
  if (!f) {
    fprintf(stderr, "vectors.txt cannot be opened\n");
    return 2;
  }
  int64_t acc;
  int32_t m, zero_point, lo, hi, y;
  unsigned n;
  long line = 0;
  while (fscanf(f, "%" SCNd64 " %" SCNd32 " %u %" SCNd32 " %" SCNd32 " %" SCNd32 " %" SCNd32, &acc, &m, &n, &zero_point, &lo, &hi, &y) == 7) {
    line++;
    const int32_t got = t2c_requant(acc, m, n, zero_point, lo, hi);
    if (got != y) {
      printf("MISMATCH line %ld: expected %" PRId32 ", got %" PRId32 "\n", line, y, got);
      return 1;
    }
  }
  if (!feof(f) || line == 0) {
    printf("MISMATCH line %ld cannot be read\n", line + 1);
    return 1;
  }
  printf("OK: %ld vectors\n", line);
  return 0;
}
`;
