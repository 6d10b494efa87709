/**
 * Statistics with what a quantizer's own observer keeps of some tensors: for estimates and for the laws of quantizers. What a conversion
 * is fitted to comes from the calibration samples (core/prepare/observe.ts).
 */
import type { ActivationQuantizer, ActivationStats, OptionValues } from './quantizer';

/** What was seen before stays. */
export async function seenIn(
  { id, observer }: ActivationQuantizer,
  stats: ActivationStats,
  tensors: readonly Float32Array[],
  options: OptionValues,
): Promise<ActivationStats> {
  if (!observer || stats.seen?.[id]) return stats;
  let kept = await observer.start(options);
  for (const x of tensors) kept = await observer.update(kept, x, options);
  return { ...stats, seen: { ...stats.seen, [id]: kept } };
}
