/**
 * What every number of the inspector means, what a good value is and what to do about a bad one, and
 * the thresholds that colour it. Text only: the panels show it on hover and on focus.
 */
import type { Thresholds } from '../../charts/compute';

export interface Definition {
  readonly title: string;
  readonly what: string;
  readonly good: string;
  readonly todo: string;
  readonly thresholds: Thresholds | undefined;
}

export const definitions = {
  sqnrDb: {
    title: 'SQNR, cumulative',
    what: 'Signal power over error power of this output, float against integer, with every layer before it quantized too.',
    good: '33 dB or more.',
    todo: 'Find the first layer whose local SQNR drops, and give it more bits or a scale per channel.',
    thresholds: { good: 33, bad: 28 },
  },
  sqnrLocalDb: {
    title: 'SQNR, local',
    what: 'Signal power over the error power that this layer adds, fed with the float input.',
    good: '33 dB or more.',
    todo: 'Give this layer more bits, or weights a scale per channel.',
    thresholds: { good: 33, bad: 28 },
  },
  clippedShare: {
    title: 'Clipped',
    what: 'Share of values outside the range that the integers can hold.',
    good: '0.1 % or less; a little can be better than a coarse scale.',
    todo: 'Calibrate with more samples, so that the range is seen.',
    thresholds: { good: 0.001, bad: 0.01 },
  },
  accumulatorBits: {
    title: 'Accumulator bits',
    what: 'Signed width that no input can overflow (bound), and the width that the sample needed (seen).',
    good: 'A bound of 32 or less fits an int32 register.',
    todo: 'Use fewer weight or activation bits in this layer.',
    thresholds: { good: 31, bad: 32 },
  },
  maxLsb: {
    title: 'Largest difference',
    what: 'Largest difference between the integer path and the fake-quantized float path on the sample, in steps of the output.',
    good: '1 or less: the rounding of the fixed-point multiplier.',
    todo: 'Use a wider multiplier.',
    thresholds: { good: 1, bad: 2 },
  },
} as const satisfies Readonly<Record<string, Definition>>;
