/** Rows of the profile table: which layers a profile costs most, shares as text, and which profile a recipe has. No state. */
import type { Arithmetic } from '../../../core/ir/integer-model';
import type { ProfileLayer } from '../../../engine/api';

const FEW = 6;

/** Layers that differ, the dearest first: by lost SQNR, then by outputs that are off. */
export function costliest(layers: readonly ProfileLayer[]): ProfileLayer[] {
  const lost = (l: ProfileLayer): number => l.changeDb ?? 0;
  return layers
    .filter((l) => l.offByOneShare + l.offByMoreShare > 0)
    .sort((a, b) => lost(a) - lost(b) || b.offByMoreShare - a.offByMoreShare || b.offByOneShare - a.offByOneShare)
    .slice(0, FEW);
}

/** In percent: `0`, `<0.1`, `12.3` */
export function shareText(share: number): string {
  if (share === 0) return '0';
  return share < 0.001 ? '<0.1' : (100 * share).toFixed(1);
}

/** By content: a recipe that was stored has its keys in any order. */
export function sameArithmetic(a: Arithmetic, b: Arithmetic): boolean {
  const text = ({ rounding, multiplier, shift, accumulator }: Arithmetic): string =>
    JSON.stringify([
      rounding,
      Object.entries(multiplier)
        .filter(([, v]) => v !== undefined)
        .sort(),
      shift ?? 'channel',
      accumulator && [accumulator.bits, accumulator.overflow],
    ]);
  return text(a) === text(b);
}
