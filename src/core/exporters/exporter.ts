/**
 * The contract of one export format: one file per format, one line in registry.ts. A format turns the
 * tensors of a bundle into files of its own folder; what the user can choose is data (OptionSpec).
 */
import type { Context } from '../base/context';
import type { IntTensor } from '../ir/integer-model';
import type { OptionSpec, OptionValues } from '../quant/quantizer';
import type { AnyFile, BundleInput } from './bundle-input';
import type { Manifest, ManifestTensor } from './manifest';

/** What is known of a tensor without looking at its elements. */
export type TensorFacts = Omit<ManifestTensor, 'stats'>;

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

/** What a word is made of, for a drawing of it. */
export interface WordShape {
  readonly width: number;
  /** Bits that an element takes. */
  readonly slot: number;
  /** Elements of a word; 0 in a bit stream. */
  readonly perWord: number;
  /** Words of an element: more than 1 where it is wider than a word. */
  readonly parts: number;
  readonly lanes: 'low-first' | 'high-first';
}

export interface Preview {
  /** Words or lines that the whole file has. */
  readonly count: number;
  /** undefined: the file has lines of text, no words. */
  readonly shape: WordShape | undefined;
  readonly words: readonly PreviewWord[];
}

export interface Exporter {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  /** `memory`: images of memories. `array`: files that software opens. `design`: models, code, documents. `plugin`: a plugin's. */
  readonly group: 'memory' | 'array' | 'design' | 'plugin';
  /** Where its files lie, for people: `hex/*.mem`. */
  readonly place: string;
  readonly options: readonly OptionSpec[];
  /** Formats whose files this one's read: they come along. */
  readonly needs?: readonly string[];
  /** Throws `bad-usage` where the options of all formats (by format, as given) leave it nothing to work on. Asked before anything is written. */
  check?(options: Readonly<Record<string, OptionValues>>): void;
  /** The files of one tensor. Pure: the same tensor gives the same bytes. */
  tensorFiles?(tensor: ExportTensor, options: OptionValues): Iterable<AnyFile>;
  /** Files of the bundle as a whole, in a fixed order. Pure: the same bundle gives the same bytes. */
  files?(bundle: ExportBundle, options: OptionValues, ctx: Context): Iterable<AnyFile> | AsyncIterable<AnyFile>;
  /** About how many bytes a tensor takes in a zip that only stores; absent where a format is small whatever the tensors are. */
  estimate?(info: TensorFacts, options: OptionValues): number;
  /** The first words of a tensor's (first) file. */
  preview?(tensor: ExportTensor, options: OptionValues, words: number): Preview;
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
