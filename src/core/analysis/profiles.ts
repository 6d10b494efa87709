/**
 * Requantization profiles by name, to be compared side by side: what hardware commonly has. Each is the whole arithmetic of a
 * recipe; the recipe's own stands first.
 */
import type { Arithmetic } from '../ir/integer-model';

export interface Profile {
  readonly id: string;
  readonly title: string;
  readonly arithmetic: Arithmetic;
}

const normalized = (bits: number | undefined): Arithmetic['multiplier'] => ({ kind: 'normalized', bits });

export const commonProfiles: readonly Profile[] = [
  { id: 'normalized', title: 'Normalized, 16 and 24 bits', arithmetic: { rounding: 'half-up', multiplier: normalized(undefined) } },
  { id: 'normalized24', title: 'Normalized, 24 bits', arithmetic: { rounding: 'half-up', multiplier: normalized(24) } },
  { id: 'normalized16', title: 'Normalized, 16 bits', arithmetic: { rounding: 'half-up', multiplier: normalized(16) } },
  { id: 'normalized8', title: 'Normalized, 8 bits', arithmetic: { rounding: 'half-up', multiplier: normalized(8) } },
  {
    id: 'layer-shift',
    title: 'One shift per layer',
    arithmetic: { rounding: 'half-up', multiplier: normalized(undefined), shift: 'layer' },
  },
  { id: 'qformat', title: 'Q-format 32/26', arithmetic: { rounding: 'half-up', multiplier: { kind: 'qformat', swl: 32, sfl: 26 } } },
  { id: 'pow2', title: 'Power of two', arithmetic: { rounding: 'half-even', multiplier: { kind: 'pow2' } } },
  { id: 'tflite', title: 'TFLite (gemmlowp)', arithmetic: { rounding: 'half-away', multiplier: { kind: 'tflite' } } },
  { id: 'floor', title: 'Shifts that round down', arithmetic: { rounding: 'floor', multiplier: normalized(undefined) } },
  {
    id: 'accumulator24',
    title: 'Accumulator of 24 bits, wraps',
    arithmetic: { rounding: 'half-up', multiplier: normalized(undefined), accumulator: { bits: 24, overflow: 'wrap' } },
  },
  {
    id: 'accumulator16',
    title: 'Accumulator of 16 bits, saturates',
    arithmetic: { rounding: 'half-up', multiplier: normalized(undefined), accumulator: { bits: 16, overflow: 'saturate' } },
  },
];

/** Id of the recipe's own profile. */
export const OWN = 'recipe';
