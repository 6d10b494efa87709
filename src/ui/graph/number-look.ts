/** How the numbers of store/layer-numbers.ts look: text, colour, and the borders of their levels. */
import type { NumberId } from '../../store/layer-numbers';
import type { LevelBorders, ViewSlice } from '../../store/state';
import { levelOf, type Thresholds } from '../charts/compute';
import { countText, shareText } from '../charts/format';
import { definitions } from '../features/inspect/definitions';
import { memorySizeText } from '../../core/analysis/hardware/memory-size';

/** Told apart in every common colour blindness; the number stands beside them anyway. */
export const levelColours = {
  good: 'var(--level-good)',
  watch: 'var(--level-watch)',
  bad: 'var(--level-bad)',
  none: 'var(--op-plain)',
} as const;

const defaultBorders: Readonly<Partial<Record<NumberId, Thresholds>>> = {
  sqnr: definitions.sqnrDb.thresholds,
  local: definitions.sqnrLocalDb.thresholds,
  clip: definitions.clippedShare.thresholds,
  lsb: definitions.maxLsb.thresholds,
  accumulator: definitions.accumulatorBits.thresholds,
};

/** undefined: an amount, which has no good or bad. */
export function bordersOf(id: NumberId, moved: ViewSlice['borders']): LevelBorders | undefined {
  return moved[id] ?? defaultBorders[id];
}

export function numberText(id: NumberId, value: number): string {
  switch (id) {
    case 'sqnr':
    case 'local':
      return value.toFixed(1).replace('-', '−');
    case 'clip':
      return shareText(value);
    case 'weights':
    case 'activations':
      return memorySizeText(value);
    case 'macs':
      return countText(value);
    case 'lsb':
    case 'bits':
    case 'accumulator':
      return String(value);
    default:
      return id satisfies never;
  }
}

/** From few bits (warm) to eight and more (the accent). */
export const bitsColour = (bits: number): string =>
  `color-mix(in oklab, var(--accent) ${Math.round((100 * Math.min(8, bits - 1)) / 7)}%, var(--level-watch))`;

/** Amounts span decades: the share is one of logarithms, over the four below the largest. */
export const amountColour = (value: number, largest: number): string => {
  const share = largest > 0 && value > 0 ? 1 + Math.log10(value / largest) / 4 : 0;
  return `color-mix(in oklab, var(--level-watch) ${Math.round(100 * Math.max(0.05, share))}%, var(--op-plain))`;
};

export function numberColour(id: NumberId, value: number, borders: LevelBorders | undefined, largest: number): string {
  if (id === 'bits') return bitsColour(value);
  return borders === undefined ? amountColour(value, largest) : levelColours[levelOf(value, borders)];
}
