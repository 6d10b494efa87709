/**
 * `percentile`: activations, the range that leaves out at most a given share of the values at each end. The ends are
 * edges of histogram bins, so that never more is clipped than asked for.
 */
import { clippedRange, numberOption, type Range } from '../clipped-range';
import type { ActivationStats, OptionSpec } from '../quantizer';

const share: OptionSpec = {
  id: 'percentile',
  title: 'Percentile',
  help: 'Share of the values up to which each end of the range reaches; the rest is clipped.',
  kind: { type: 'number', min: 90, max: 100, step: 0.01, unit: '%' },
  fallback: 99.99,
};

/** The lowest edge of a bin with at most `out` values below it, the highest with at most `out` above. */
function ends({ histogram: { bins, limit } }: ActivationStats, out: number): Range {
  const half = bins.length / 2;
  let low = 0;
  for (let left = out; low < bins.length - 1 && left >= (bins[low] as number); low++) left -= bins[low] as number;
  let high = bins.length - 1;
  for (let left = out; high > 0 && left >= (bins[high] as number); high--) left -= bins[high] as number;
  return { min: ((low - half) * limit) / half, max: ((high + 1 - half) * limit) / half };
}

export const percentile = clippedRange('percentile', 'Percentile', [share], (stats, _scheme, options) => {
  const out = Math.floor((stats.count * (100 - numberOption(share, options))) / 100 + 1e-9);
  const { min, max } = ends(stats, out);
  return { min: Math.max(stats.min, min), max: Math.min(stats.max, max) };
});
