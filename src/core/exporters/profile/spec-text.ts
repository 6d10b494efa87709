/**
 * `profile.md`: the requantization profile of a bundle as one page for whoever builds the datapath: what is computed, in which
 * widths, with which rounding on which ties, and for each layer its multipliers, shifts, accumulator and the law that holds.
 */
import { rshift } from '../../base/fixed-point';
import type { Arithmetic, IntegerModel, IntOp, Rounding } from '../../ir/integer-model';
import { limitOf } from '../../integer/accumulator';
import { lawBound, multiplierError } from '../../integer/profile-bound';
import { multipliedReach } from './vectors';

const roundings: Readonly<Record<Rounding, string>> = {
  'half-up': 'half up: floor((v + 2^(n-1)) / 2^n)',
  'half-even': 'half to even: the nearest integer, a tie goes to the even one',
  'half-away': 'half away from zero: the nearest integer, a tie goes to the one of larger size',
  floor: 'down: floor(v / 2^n), an arithmetic shift',
};

export function profileTitle({ multiplier, rounding, shift, accumulator }: Arithmetic): string {
  const style =
    multiplier.kind === 'normalized'
      ? `normalized multipliers of ${multiplier.bits === undefined ? '16 bits (24 for outputs of more than 8)' : `${multiplier.bits} bits`}`
      : multiplier.kind === 'qformat'
        ? `multipliers in Q-format, ${multiplier.swl} bits with ${multiplier.sfl} after the point`
        : multiplier.kind === 'pow2'
          ? 'powers of two'
          : 'TensorFlow Lite multipliers (gemmlowp, 32 bits)';
  const register = accumulator === undefined ? '' : `, accumulators of ${accumulator.bits} bits that ${accumulator.overflow}`;
  return `${style}, ${shift === 'layer' ? 'one shift a layer' : 'a shift per channel'}, rounding ${rounding}${register}`;
}

export function profileSpec(model: IntegerModel, name: string): string {
  const a = model.arithmetic;
  return [
    `# Requantization profile of ${name}`,
    '',
    `${capital(profileTitle(a))}.`,
    '',
    '## From accumulator to output',
    '',
    ...productText(a),
    '',
    ...registerText(a),
    '',
    'Outputs always saturate: the clamp to [lo, hi] is where a fused ReLU or Clip lies (lo = zero point for ReLU).',
    '',
    `Rounding of ${a.multiplier.kind === 'tflite' ? 'the last shift' : 'every shift'}: ${roundings[a.rounding]}. A shift by 0 changes nothing.`,
    '',
    ...tieTable(a.rounding),
    '',
    '## What is not a multiply and a shift per channel',
    '',
    '- Add, Sub: y = clamp(zero_point + round(((a - za) * mulA + (b - zb) * mulB) / 2^shift), lo, hi): one common shift, one rounding, in 64 bits.',
    '- Layer normalization ends with round((u * G + H) / 2^shift), one rounding; softmax divides as `manifest.json` says (`softmax.mode`).',
    '- Tables (LUT), moves and maxima round nothing.',
    '',
    '## Layers',
    '',
    'Bound: the largest |value| that is multiplied, proved from the integers. Law: the integer path is at most so many LSB from the float path with the',
    'same integers and exact scales; "-" where none is derived (the register may overflow, or the operator is not linear).',
    '',
    '| operator | bound | bits | multipliers | largest error of a multiplier | shift | zero point | clamp | law |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...model.ops.flatMap((op) => layerRow(op, model)),
    '',
    '## Files',
    '',
    '- `requant.h`: the functions in C99; `cc -std=c99 -o check check.c && ./check` compares them with `vectors.txt`.',
    '- `requant.sv`: the same as a SystemVerilog package, `t2c_requant_pkg`; `iverilog -g2012 -o check requant.sv check_tb.sv && vvp check`.',
    '- `vectors.txt`: `acc M n zero_point lo hi y`, a line each, from the layers above. Put your own unit in the place of `requant`.',
    '',
  ].join('\n');
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function productText({ multiplier, shift }: Arithmetic): string[] {
  const per = shift === 'layer' ? 'n is one for all channels of a layer' : 'M and n are per output channel';
  if (multiplier.kind === 'tflite') {
    return [
      '    left  = acc << max(0, 31 - n)                                    fits 32 bits: proved per channel',
      '    high  = SaturatingRoundingDoublingHighMul(left, M)               (2 * left * M) / 2^32, halves up; INT32_MIN twice gives INT32_MAX',
      '    y     = clamp(zero_point + round(high / 2^max(0, n - 31)), lo, hi)',
      '',
      `Two roundings, as gemmlowp and TensorFlow Lite: M * 2^-n is the scale, M in [2^30, 2^31), n - 31 is TensorFlow Lite's shift to the right (31 - n its shift to the left). ${capital(per)}.`,
      "gemmlowp's RoundingDivideByPOT rounds halves away from zero; with another rounding only that last shift differs.",
    ];
  }
  return [
    '    y = clamp(zero_point + round(acc * M / 2^n), lo, hi)             |acc * M| + 2^(n-1) < 2^63: proved per channel',
    '',
    `One rounding. M * 2^-n is the scale, n in [0, 62]. ${capital(per)}.${multiplier.kind === 'pow2' ? ' M is 1: a shift alone (above 1, a power of two with n = 0).' : ''}`,
  ];
}

function registerText({ accumulator }: Arithmetic): string[] {
  if (accumulator === undefined) return ['Accumulators: every sum, bias included, is proved to fit 32 bits; nothing wraps or saturates.'];
  const { bits, overflow } = accumulator;
  const half = `2^${bits - 1}`;
  return [
    `Accumulators have ${bits} bits and ${overflow === 'wrap' ? `wrap: ((sum + ${half}) mod 2^${bits}) - ${half}` : `saturate: sums are cut to [-${half}, ${half} - 1]`}.`,
    'That acts once, on the exact total including the bias (tokens with scales of their own: before the bias, which is added in 64 bits). A unit that',
    overflow === 'wrap'
      ? 'wraps after every addition gives the same.'
      : 'saturates after every addition gives something else where a partial sum overflows.',
  ];
}

function tieTable(rounding: Rounding): string[] {
  const values = [-5n, -3n, -2n, -1n, 1n, 2n, 3n, 5n];
  const shown = (n: number): string => `| round(v / ${2 ** n}) | ${values.map((v) => String(rshift(v, n, rounding))).join(' | ')} |`;
  return [`| v | ${values.join(' | ')} |`, `| --- |${' --- |'.repeat(values.length)}`, shown(1), shown(2)];
}

function layerRow(op: IntOp, model: IntegerModel): string[] {
  const law = lawBound(op, model);
  const lawText = law === undefined ? '-' : `${law} LSB`;
  if (op.kind === 'add' || op.kind === 'sub') {
    const { mulA, mulB, shift, zeroPoint, lo, hi } = op.add;
    return [`| ${op.name} (${op.kind}) | | | ${mulA}, ${mulB} | | ${shift} | ${zeroPoint} | ${lo}..${hi} | ${lawText} |`];
  }
  const multiplied = multipliedReach(op, model);
  if (!multiplied) return [];
  const { requant, reach } = multiplied;
  const range = (name: string): string => {
    const all = Array.from((model.constants.get(name)?.data ?? []) as ArrayLike<number>, Number);
    const [least, most] = [Math.min(...all), Math.max(...all)];
    return least === most ? String(least) : `${least}..${most}`;
  };
  const error = multiplierError(requant, model);
  const bits = reach.toString(2).length + 1;
  const width = limitOf(op, model) ? `${bits}, cut to it` : String(bits);
  const cells = [
    `${op.name} (${op.kind})`,
    String(reach),
    width,
    range(requant.mul),
    error === undefined ? '' : error.relative === 0 ? '0' : error.relative.toExponential(1),
    range(requant.shift),
    String(requant.zeroPoint),
    `${requant.lo}..${requant.hi}`,
    lawText,
  ];
  return [`| ${cells.join(' | ')} |`];
}
