/** Losses of logits and sizes as people read them. Pure. */
import type { LogitsLoss, LossId } from '../../../core/analysis/sensitivity/types';
import type { Thresholds } from '../../charts/compute';
import { countText, dbText, realText } from '../../charts/format';

export const sqnrDb = (signal: number, { noise }: LogitsLoss): number | undefined =>
  signal > 0 && noise > 0 ? 10 * Math.log10(signal / noise) : undefined;

/** What a chart draws and a cell shows. */
export const valueOf = (by: LossId, signal: number, loss: LogitsLoss): number | undefined => (by === 'kl' ? loss.kl : sqnrDb(signal, loss));

/** KL with two digits, SQNR with one after the point. */
export function lossText(by: LossId, value: number | undefined): string {
  if (by === 'noise') return dbText(value);
  if (value === undefined) return '–';
  return value === 0 ? '0' : value < 0.001 ? value.toExponential(1).replace('-', '−') : realText(Number(value.toPrecision(2)));
}

/** KL: a thousandth of a nat changes next to no decision, a tenth changes many. */
export const klBorders: Thresholds = { good: 1e-3, bad: 1e-1 };

export const bopsText = (bops: number): string => `${countText(bops)}`;

/** How much less than the reference. */
export function savedText(now: number, before: number): string {
  if (before === 0 || now === before) return 'as with 8 bits';
  return `${now < before ? '−' : '+'}${Math.abs((1 - now / before) * 100).toFixed(1)} %`;
}
