/**
 * What a bundle is made from, and the files it is made of.
 */
import type { IntegerModel, IntTensor } from '../ir/integer-model';
import type { OptionValues } from '../quant/quantizer';
import type { Recipe } from '../recipe/recipe';
import type { Manifest } from './manifest';

export interface BundleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface BundleInput {
  readonly integer: IntegerModel;
  /** Every activation and accumulator of one sample: `execute(..., { keep: 'all' })`. */
  readonly tensors: ReadonlyMap<string, IntTensor>;
  readonly tool: Manifest['tool'];
  readonly model: Manifest['model'];
  readonly recipe: Recipe;
  readonly calibration: Manifest['calibration'];
  /** The sample of `tensors`: its index, and the SHA-256 of its preprocessed input bytes. */
  readonly sample: Manifest['sample'];
  /** What the conversion measured. */
  readonly report?: Manifest['report'];
  /** Formats besides .npy: ids of the registry (`hex`). Unknown ones are `bad-usage`. */
  readonly formats: readonly string[];
  readonly options?: Readonly<Record<string, OptionValues>>;
  /** Files made elsewhere, e.g. model/qdq.onnx. In the order given. */
  readonly extra?: readonly BundleFile[];
}
