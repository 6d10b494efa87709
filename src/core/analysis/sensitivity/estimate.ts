/**
 * What bits do to the logits, estimated from a sweep. The model: noise of quantization is small and that of one layer is
 * independent of that of another, so that squared errors of the logits add (and KL, which is quadratic in small errors of the
 * logits, adds with them): loss = loss of the reference + sum of what each layer alone adds. Bits or an algorithm that were not
 * swept are scaled from the nearest bits that were, by the ratio of the squared errors that quantizing the layer's own tensor
 * makes. Law: exact at the reference, and where a single layer has bits that were swept and lose something; what a layer adds is never below 0.
 * It is a model and no measurement: errors that cancel, saturation and learned roundings are not in it.
 */
import { REFERENCE_BITS } from '../../recipe/bit-widths';
import { decibels } from '../metrics';
import type { LogitsLoss, SensitivityReport, SweepPoint } from './types';

/** Squared errors of quantizing one tensor. Only ratios of them are used. */
export interface TensorError {
  /** With the quantizer that the sweep had. */
  swept(bits: number): Promise<number>;
  /** As it is chosen now. */
  chosen(): Promise<number>;
}

/** What the layer adds with bits that were swept; undefined: these were not. */
export function measuredAt(points: readonly SweepPoint[], reference: LogitsLoss, bits: number): LogitsLoss | undefined {
  if (bits >= REFERENCE_BITS) return { noise: 0, kl: 0 };
  const point = points.find((p) => p.bits === bits);
  return point && above(point, reference);
}

/** What it adds with other bits or another quantizer; undefined where nothing was measured that it could be scaled from. */
export async function scaledTo(
  points: readonly SweepPoint[],
  reference: LogitsLoss,
  bits: number,
  error: TensorError,
): Promise<LogitsLoss | undefined> {
  const floor = await error.swept(REFERENCE_BITS);
  const chosen = await error.chosen();
  if (chosen <= floor) return { noise: 0, kl: 0 };
  const nearest = [...points].sort((a, b) => Math.abs(a.bits - bits) - Math.abs(b.bits - bits) || a.bits - b.bits);
  for (const point of nearest) {
    const own = (await error.swept(point.bits)) - floor;
    if (own <= 0) continue;
    const { noise, kl } = above(point, reference);
    const ratio = (chosen - floor) / own;
    return { noise: noise * ratio, kl: kl * ratio };
  }
  return undefined;
}

/** Never less than nothing: what fewer bits seem to gain on a few samples is chance. */
export function above(point: LogitsLoss, reference: LogitsLoss): LogitsLoss {
  return { noise: Math.max(0, point.noise - reference.noise), kl: Math.max(0, point.kl - reference.kl) };
}

export function sumOf(reference: LogitsLoss, added: Iterable<LogitsLoss>): LogitsLoss {
  let { noise, kl } = reference;
  for (const a of added) {
    noise += a.noise;
    kl += a.kl;
  }
  return { noise, kl };
}

/** dB; undefined where there is no signal, or no noise. */
export function sqnrOf({ signal }: Pick<SensitivityReport, 'signal'>, { noise }: LogitsLoss): number | undefined {
  return signal > 0 && noise > 0 ? decibels({ signal, noise }) : undefined;
}
