/** The lines of a MulShift: product, rounding shift, zero point, clamp. Written from the formulas, in BigInt. */
import type { Requant, Rounding } from '../../ir/integer-model';
import { computed, given, read, type Operand, type Reader } from './reader';
import type { TraceLine } from './types';

/** v / 2^n, rounded; from quotient and remainder. */
export function roundedShift(v: bigint, n: bigint, mode: Rounding): bigint {
  const step = 1n << n;
  const rest = ((v % step) + step) % step;
  const below = (v - rest) / step;
  const twice = 2n * rest;
  if (n === 0n || mode === 'floor' || twice < step) return below;
  if (twice > step) return below + 1n;
  // a tie
  if (mode === 'half-up') return below + 1n;
  if (mode === 'half-away') return v < 0n ? below : below + 1n;
  return below % 2n === 0n ? below : below + 1n;
}

const roundings: Readonly<Record<Rounding, string>> = {
  'half-up': 'halves up',
  'half-even': 'halves to even',
  'half-away': 'halves away from 0',
  floor: 'down',
};

/** `rounded` and, where it helps to build the same, what is added before the shift. */
export function shiftLines(symbol: string, v: bigint, n: bigint, mode: Rounding): TraceLine[] {
  const rounded = computed('r', `Shifted right by n, rounded ${roundings[mode]}`, `rshift(${symbol}, n)`, roundedShift(v, n, mode), 32);
  if (mode !== 'half-up' || n === 0n) return [rounded];
  return [
    computed('h', 'With half a step of the result', `${symbol} + 2^(n − 1)`, v + (1n << (n - 1n)), 64),
    { ...rounded, formula: 'h >> n' },
  ];
}

export interface Ending {
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
}

/** From what was shifted to the element: `r` is the line before. */
export function endLines(r: bigint, { zeroPoint, lo, hi }: Ending, output: Operand): TraceLine[] {
  const v = r + BigInt(zeroPoint);
  const least = BigInt(lo);
  const most = BigInt(hi);
  const y = v < least ? least : v > most ? most : v;
  const { bits, signed } = output;
  return [
    given('zy', 'Zero point of the output', BigInt(zeroPoint), 32),
    computed('v', 'With the zero point', 'r + zy', v, 32),
    {
      symbol: 'y',
      title: y === v ? 'Inside the range of the output' : v < least ? 'Clamped from below' : 'Clamped from above',
      formula: `clamp(v, ${lo}, ${hi})`,
      value: y,
      bits,
      signed,
      from: undefined,
    },
  ];
}

/** From the accumulator, or what stands for it, to the element. `channel` chooses the multiplier where there are several. */
export function mulShiftLines(reader: Reader, r: Requant, symbol: string, acc: bigint, channel: number, output: Operand): TraceLine[] {
  const mul = reader.operand(r.mul);
  const shift = reader.operand(r.shift);
  const pick = (o: Operand): number[] => (o.shape.length === 0 ? [] : o.shape[0] === 1 ? [0] : [channel]);
  const M = read('M', 'Multiplier', mul, pick(mul));
  const n = read('n', 'Shift', shift, pick(shift));
  if (reader.model.arithmetic.multiplier.kind === 'tflite')
    return [M, n, ...highMulLines(reader, r, symbol, acc, M.value, n.value, output)];
  const product = acc * M.value;
  const shifted = shiftLines('p', product, n.value, reader.model.arithmetic.rounding);
  return [
    M,
    n,
    computed('p', 'Product', `${symbol} × M`, product, 64),
    ...shifted,
    ...endLines((shifted.at(-1) as TraceLine).value, r, output),
  ];
}

/** As gemmlowp: a doubling high product that rounds, then a shift that rounds. */
function highMulLines(reader: Reader, r: Requant, symbol: string, acc: bigint, M: bigint, n: bigint, output: Operand): TraceLine[] {
  const left = n < 31n ? 31n - n : 0n;
  const right = n > 31n ? n - 31n : 0n;
  const a = acc << left;
  const product = a * M;
  const least = -(1n << 31n);
  const nudged = product + (product >= 0n ? 1n << 30n : 1n - (1n << 30n));
  // BigInt division cuts towards 0, as the C++ of gemmlowp
  const high = a === least && M === least ? (1n << 31n) - 1n : nudged / (1n << 31n);
  const rounding = reader.model.arithmetic.rounding;
  const rounded = roundedShift(high, right, rounding);
  return [
    ...(left > 0n ? [computed('a', 'Shifted left: its scale is above 1', `${symbol} << ${left}`, a, 32)] : []),
    computed('p', 'Product', `${left > 0n ? 'a' : symbol} × M`, product, 64),
    computed('h', 'With half a step of the result, away from 0', product >= 0n ? 'p + 2^30' : 'p + 1 − 2^30', nudged, 64),
    computed('g', 'Doubling high product, cut towards 0', 'h ÷ 2^31', high, 32),
    computed('r', `Shifted right by ${right}, rounded ${roundings[rounding]}`, `rshift(g, ${right})`, rounded, 32),
    ...endLines(rounded, r, output),
  ];
}

/** The formula that the lines above spell out. */
export const mulShiftFormula = (symbol: string, { lo, hi }: Ending): string => `y = clamp(zy + rshift(${symbol} × M, n), ${lo}, ${hi})`;
