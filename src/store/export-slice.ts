/**
 * What the next zip will hold: formats, their options, compression. Chosen once, kept for the next visit. The engine refuses
 * what it does not know, so what an older version kept is weeded out when the formats are known.
 */
import type { ExportEstimate, ExportFormat } from '../engine/export-api';
import type { ConversionSummary } from '../engine/api';
import type { OptionValues } from '../core/quant/quantizer';
import { empty, type Loadable } from './loadable';

export interface ExportChoice {
  readonly formats: readonly string[];
  /** By format, only what differs from the fallbacks. */
  readonly options: Readonly<Record<string, OptionValues>>;
  readonly deflate: boolean;
}

export interface ExportSlice extends ExportChoice {
  /** Every format that there is; asked for once. */
  readonly known: readonly ExportFormat[];
  readonly estimate: Loadable<ExportEstimate>;
  readonly estimateOf: ConversionSummary | undefined;
  /** The format whose options are on screen. */
  readonly open: string | undefined;
}

export const emptyExport: ExportSlice = {
  formats: ['hex'],
  options: {},
  deflate: false,
  known: [],
  estimate: empty,
  estimateOf: undefined,
  open: undefined,
};

/** Without formats, options and values that there are not. */
export function usableChoice<T extends ExportChoice>(choice: T, known: readonly ExportFormat[]): T {
  const formats = choice.formats.filter((id) => id !== 'npy' && known.some((f) => f.id === id));
  const options = Object.fromEntries(
    known.flatMap((f): [string, OptionValues][] => {
      const given = Object.entries(choice.options[f.id] ?? {});
      const usable = given.filter(([id, value]) => f.options.some((s) => s.id === id && value !== s.fallback && fits(s, value)));
      return usable.length === 0 ? [] : [[f.id, Object.fromEntries(usable)]];
    }),
  );
  return { ...choice, formats, options };
}

function fits({ kind }: ExportFormat['options'][number], value: OptionValues[string]): boolean {
  switch (kind.type) {
    case 'choice':
      return kind.choices.some((c) => c.value === value);
    case 'number':
      return typeof value === 'number' && value >= kind.min && value <= kind.max;
    case 'flag':
      return typeof value === 'boolean';
    default:
      return kind satisfies never;
  }
}

/** The choice and what comes along with it, in the order of the list. */
export function wholeChoice({ formats, known }: Pick<ExportSlice, 'formats' | 'known'>): readonly ExportFormat[] {
  return known.filter((f) => formats.includes(f.id) || known.some((g) => formats.includes(g.id) && g.needs.includes(f.id)));
}
