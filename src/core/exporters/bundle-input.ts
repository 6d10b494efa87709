/**
 * What a bundle is made from, and the files it is made of.
 */
import { concatBytes } from '../base/bytes';
import type { QuantPlan } from '../integer/plan';
import type { CanonicalModel } from '../ir/model';
import type { IntegerModel, IntTensor } from '../ir/integer-model';
import type { LayerReport } from '../analysis/types';
import type { OptionValues } from '../quant/quantizer';
import type { PluginRecord } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import type { RecipeRow } from '../recipe/recipe-table';
import type { Manifest } from './manifest';

export interface BundleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A file that is made piece by piece while it is written. Pure: every call of `parts` gives the same bytes. */
export interface StreamedFile {
  readonly path: string;
  parts(): Iterable<Uint8Array>;
}

export type AnyFile = BundleFile | StreamedFile;

export function partsOfFile(file: AnyFile): Iterable<Uint8Array> {
  return 'bytes' in file ? [file.bytes] : file.parts();
}

/** All of a file in one array. */
export function bytesOfFile(file: AnyFile): Uint8Array {
  return 'bytes' in file ? file.bytes : concatBytes([...file.parts()]);
}

export interface BundleInput {
  readonly integer: IntegerModel;
  /** Every activation and accumulator of one sample: `execute(..., { keep: 'all' })`. */
  readonly tensors: ReadonlyMap<string, IntTensor>;
  readonly tool: Manifest['tool'];
  readonly model: Manifest['model'];
  readonly recipe: Recipe;
  /** Plugins that the result needs. */
  readonly plugins?: readonly PluginRecord[];
  readonly calibration: Manifest['calibration'];
  /** The sample of `tensors`: its index, and the SHA-256 of its preprocessed input bytes. */
  readonly sample: Manifest['sample'];
  /** What the conversion measured. */
  readonly report?: Manifest['report'];
  /** Formats besides .npy: ids of the registry (`hex`). Unknown ones are `bad-usage`. */
  readonly formats: readonly string[];
  /** By format. Unknown options and values are `bad-usage`. */
  readonly options?: Readonly<Record<string, OptionValues>>;
  /** Files made elsewhere, e.g. model/qdq.onnx. In the order given, made when their turn comes. */
  readonly extra?: readonly StreamedFile[];
  /** The float network and its plan, for formats that write the network. */
  readonly network?: { readonly canonical: CanonicalModel; readonly plan: QuantPlan };
  /** What was measured layer by layer, for reports. */
  readonly layers?: readonly LayerReport[];
  /** Recipes that were compared on the same model and data, for reports. */
  readonly compared?: readonly RecipeRow[];
}
