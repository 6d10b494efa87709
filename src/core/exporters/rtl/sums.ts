/**
 * Two sums of the words of a .mem file, modulo 2^64: of all words, and of (i + 1) * word. A bench adds them up again: it finds a
 * changed word although only some outputs are simulated, and a single one by its index (the quotient of the two differences).
 * A word of more than 32 bits counts as its lower half plus its upper half. Law: equals the sums by BigInt.
 */
import type { IntTensor } from '../../ir/integer-model';

/** Elements whose weighted sum stays exact in float64: 2^32 * 2^10 * 2^10. */
const BLOCK = 1024;

export function sumsOf(tensor: IntTensor, bits: number): readonly [bigint, bigint] {
  const { data } = tensor;
  let sum0 = 0n;
  let sum1 = 0n;
  for (let from = 0; from < data.length; from += BLOCK) {
    const to = Math.min(data.length, from + BLOCK);
    let plain = 0;
    let weighted = 0;
    for (let i = from; i < to; i++) {
      const word = wordOf(data[i] as number | bigint, bits);
      plain += word;
      weighted += (i - from + 1) * word;
    }
    sum0 += BigInt(plain);
    sum1 += BigInt(weighted) + BigInt(from) * BigInt(plain);
  }
  return [BigInt.asUintN(64, sum0), BigInt.asUintN(64, sum1)];
}

function wordOf(value: number | bigint, bits: number): number {
  if (typeof value === 'number' && bits <= 32) return bits === 32 ? value >>> 0 : (value & ((1 << bits) - 1)) >>> 0;
  const word = BigInt.asUintN(bits, BigInt(value));
  return Number(word & 0xffff_ffffn) + Number(word >> 32n);
}
