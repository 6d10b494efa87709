/**
 * The contract of one export format: one file per format, one line in registry.ts. A format turns the
 * tensors of a bundle into files of its own folder; what the user can choose is data (OptionSpec).
 */
import type { Context } from '../base/context';
import type { IntTensor } from '../ir/integer-model';
import type { OptionSpec, OptionValues } from '../quant/quantizer';
import type { AnyFile, BundleInput } from './bundle-input';
import type { Manifest, ManifestTensor } from './manifest';

/** One tensor of the bundle as exporters see it. */
export interface ExportTensor {
  /** Base name of its .npy file without the ending: `layer1.0.conv1_x1`. */
  readonly fileStem: string;
  /** Name of the value in the manifest. */
  readonly value: string;
  readonly info: ManifestTensor;
  readonly tensor: IntTensor;
}

/** A whole bundle as exporters see it, after its tensors are written. */
export interface ExportBundle {
  readonly input: BundleInput;
  /** What manifest.json will hold, but for the hashes of files. */
  readonly manifest: Omit<Manifest, 'files'>;
  /** Every tensor that has a file, in the order of the bundle; looked up when the iterator reaches it. */
  tensors(): Iterable<ExportTensor>;
}

/** One word (or line) of a file as people look at it, and the integers that it holds; undefined: a filling zero. */
export interface PreviewWord {
  readonly address: number;
  readonly text: string;
  readonly elements: readonly (string | undefined)[];
}

export interface Exporter {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly options: readonly OptionSpec[];
  /** Formats whose files this one's read: they come along. */
  readonly needs?: readonly string[];
  /** The files of one tensor. Pure: the same tensor gives the same bytes. */
  tensorFiles?(tensor: ExportTensor, options: OptionValues): Iterable<AnyFile>;
  /** Files of the bundle as a whole, in a fixed order. Pure: the same bundle gives the same bytes. */
  files?(bundle: ExportBundle, options: OptionValues, ctx: Context): Iterable<AnyFile> | AsyncIterable<AnyFile>;
  /** About how many bytes a tensor takes; undefined where a format does not say. */
  estimate?(info: ManifestTensor, options: OptionValues): number;
  /** The first words of a tensor's file. */
  preview?(tensor: ExportTensor, options: OptionValues, words: number): readonly PreviewWord[];
  /**
   * A tensor again from the files of a bundle, for checks of formats that hold tensors. Throws `bad-data` naming the file.
   * undefined: the format left this tensor out.
   */
  readTensor?(files: ReadonlyMap<string, Uint8Array>, fileStem: string, info: ManifestTensor, options: OptionValues): IntTensor | undefined;
}

/** The values given, the fallbacks for the rest. */
export function withFallbacks(specs: readonly OptionSpec[], given: OptionValues): OptionValues {
  return Object.fromEntries(specs.map((s) => [s.id, given[s.id] ?? s.fallback]));
}
