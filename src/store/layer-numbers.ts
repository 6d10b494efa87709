/**
 * The numbers of a layer by which the graph is coloured, the strip and the table are drawn, N and P walk, and a search may ask
 * (`sqnr<20`). Pure; texts and colours belong to the ui.
 */
import type { GraphCard, LayerReport } from '../engine/api';

export const numberIds = ['sqnr', 'local', 'clip', 'lsb', 'bits', 'accumulator', 'macs', 'weights', 'activations'] as const;
export type NumberId = (typeof numberIds)[number];

export interface LayerNumber {
  readonly title: string;
  readonly short: string;
  readonly unit: string;
  /** The end at which a layer is to be looked at first. */
  readonly worst: 'least' | 'most';
  readonly needs: 'model' | 'conversion';
  /** Finite, or undefined where the layer has no such number. `clip` is a share, 0..1. */
  value(card: GraphCard, report: LayerReport | undefined): number | undefined;
}

const finite = (x: number | undefined): number | undefined => (x !== undefined && Number.isFinite(x) ? x : undefined);
const positive = (x: number): number | undefined => (x > 0 ? x : undefined);
const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const layerNumbers: Readonly<Record<NumberId, LayerNumber>> = {
  sqnr: {
    title: 'SQNR, cumulative',
    short: 'SQNR',
    unit: 'dB',
    worst: 'least',
    needs: 'conversion',
    value: (_, r) => finite(r?.sqnrDb),
  },
  local: {
    title: 'SQNR, local',
    short: 'Local SQNR',
    unit: 'dB',
    worst: 'least',
    needs: 'conversion',
    value: (_, r) => finite(r?.sqnrLocalDb),
  },
  clip: { title: 'Clipped share', short: 'Clipped', unit: '', worst: 'most', needs: 'conversion', value: (_, r) => r?.clippedShare },
  lsb: {
    title: 'Integer against fake, largest difference',
    short: 'Max LSB',
    unit: 'LSB',
    worst: 'most',
    needs: 'conversion',
    value: (_, r) => r?.maxLsb,
  },
  bits: {
    title: 'Bits',
    short: 'Bits',
    unit: 'bit',
    worst: 'least',
    needs: 'conversion',
    value: (_, r) => r?.weightBits ?? r?.outputBits,
  },
  accumulator: {
    title: 'Accumulator bits, proved',
    short: 'Accumulator',
    unit: 'bit',
    worst: 'most',
    needs: 'conversion',
    value: (_, r) => r?.accumulator?.boundBits,
  },
  macs: { title: 'Multiply-accumulates', short: 'MACs', unit: '', worst: 'most', needs: 'model', value: (c) => positive(c.macs) },
  weights: {
    title: 'Weight memory',
    short: 'Weights',
    unit: 'B',
    worst: 'most',
    needs: 'model',
    value: (c, r) => positive(Math.ceil((c.parameters * (r?.weightBits ?? 32)) / 8)),
  },
  activations: {
    title: 'Activation memory, output',
    short: 'Output',
    unit: 'B',
    worst: 'most',
    needs: 'model',
    value: (c, r) => (c.outputShape.length === 0 ? undefined : positive(Math.ceil((elements(c.outputShape) * (r?.outputBits ?? 32)) / 8))),
  },
};

export const isNumberId = (id: string): id is NumberId => (numberIds as readonly string[]).includes(id);

export interface Measured {
  readonly card: GraphCard;
  readonly report: LayerReport | undefined;
  readonly value: number;
}

/** Layers that have the number, the worst first; ties in the network's order. */
export function worstFirst(cards: readonly GraphCard[], reports: readonly LayerReport[] | undefined, id: NumberId): readonly Measured[] {
  const byId = new Map(reports?.map((r) => [r.id, r]));
  const { value, worst } = layerNumbers[id];
  const sign = worst === 'least' ? 1 : -1;
  return cards
    .flatMap((card): Measured[] => {
      const report = byId.get(card.id);
      const found = value(card, report);
      return found === undefined ? [] : [{ card, report, value: found }];
    })
    .sort((a, b) => sign * (a.value - b.value));
}
