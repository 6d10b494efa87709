/** The one number of a card and the colour that goes with it, by what the user looks at. */
import type { GraphCard, LayerReport } from '../../engine/api';
import type { ColourBy } from '../../store/state';
import { levelOf } from '../charts/compute';
import { countText } from '../charts/format';
import { definitions } from '../features/inspect/definitions';
import { opColour } from './op-icon';

export interface CardLook {
  readonly tint: string;
  readonly value: string | undefined;
  readonly unit: string;
  /** Colour of the number; undefined: as the text. */
  readonly valueColour: string | undefined;
  /** The number in words, for screen readers and tooltips. */
  readonly spoken: string | undefined;
}

const levelColours = { good: 'var(--good)', watch: 'var(--watch)', bad: 'var(--bad)', none: 'var(--op-plain)' } as const;

/** From few bits (warm) to eight and more (the accent). */
export const bitsColour = (bits: number): string =>
  `color-mix(in oklab, var(--accent) ${Math.round((100 * Math.min(8, bits - 1)) / 7)}%, var(--watch))`;

export function lookOf(card: GraphCard, report: LayerReport | undefined, by: ColourBy): CardLook {
  const level = levelOf(report?.sqnrDb, definitions.sqnrDb.thresholds);
  const levelColour = levelColours[level];
  if (by === 'bits' && report !== undefined) {
    const bits = report.weightBits ?? report.outputBits;
    return {
      tint: bitsColour(bits),
      value: String(bits),
      unit: 'bit',
      valueColour: undefined,
      spoken: `${bits} bits`,
    };
  }
  if (report?.sqnrDb !== undefined && Number.isFinite(report.sqnrDb)) {
    return {
      tint: by === 'sqnr' ? levelColour : opColour(card.kind),
      value: report.sqnrDb.toFixed(1),
      unit: 'dB',
      valueColour: levelColour,
      spoken: `SQNR ${report.sqnrDb.toFixed(1)} dB`,
    };
  }
  return {
    tint: by === 'operator' ? opColour(card.kind) : 'var(--op-plain)',
    value: card.parameters > 0 ? countText(card.parameters) : undefined,
    unit: '',
    valueColour: undefined,
    spoken: card.parameters > 0 ? `${countText(card.parameters)} parameters` : undefined,
  };
}
