/** The lines of an accumulator: the exact total and, where the profile has a register of fewer bits, what it holds of it. */
import type { IntegerModel } from '../../ir/integer-model';
import { computed } from './reader';
import type { TraceLine } from './types';

/** The last line is `acc`. */
export function accumulatorLines(model: IntegerModel, title: string, formula: string, total: bigint, bits: number): TraceLine[] {
  const register = model.arithmetic.accumulator;
  if (!register) return [computed('acc', title, formula, total, bits)];
  const full = 1n << BigInt(register.bits);
  const half = full / 2n;
  const inside = total >= -half && total < half;
  const wrapped = ((((total + half) % full) + full) % full) - half;
  const held = inside ? total : register.overflow === 'wrap' ? wrapped : total < 0n ? -half : half - 1n;
  const how = register.overflow === 'wrap' ? 'wraps' : 'saturates';
  return [
    computed('total', `${title}, exact`, formula, total, bits),
    computed(
      'acc',
      inside ? `It fits the register of ${register.bits} bits` : `The register of ${register.bits} bits ${how}`,
      `${register.overflow}(total)`,
      held,
      register.bits,
    ),
  ];
}
