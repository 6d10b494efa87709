/** The engine's use cases of comparison: the paths of one conversion side by side, and this conversion with one before it. */
import type { ValueComparison, ValueHistograms } from '../core/analysis/compare/compare-values';
import type { Job } from './job-types';

/** The float model, its fake-quantized form, the integers, and the integers of the run before; all in real numbers. */
export type ComparedPath = 'float' | 'fake' | 'integer' | 'before';

export interface ComparedLayer extends ValueComparison {
  readonly id: string;
  readonly kind: string;
}

export interface LayerComparison extends ValueComparison {
  readonly shape: readonly number[];
  /** Of the coarser quantizer; 0: none. */
  readonly step: number;
  readonly histograms: ValueHistograms;
  /** Smallest and largest over all paths, so that colours mean the same in every picture; and of the difference. */
  readonly lo: number;
  readonly hi: number;
  readonly far: number;
}

/** A conversion in few words. */
export interface RunInfo {
  readonly recipeHash: string;
  readonly weightBytes: number;
  readonly logitsSqnrDb: number | undefined;
  readonly sampleIndex: number;
}

export interface Runs {
  readonly now: RunInfo;
  /** The last conversion before, or the one that is pinned; undefined: there was none. */
  readonly before: RunInfo | undefined;
  readonly isPinned: boolean;
}

export interface RealWindow {
  readonly rows: number;
  readonly columns: number;
  /** rows x columns, row-major. */
  readonly values: Float32Array;
}

export interface CompareApi {
  runs(): Promise<Runs>;
  /** Pinned, the run before stays when a newer conversion comes. */
  pinRun(isPinned: boolean): Promise<void>;
  /** Outputs of all ops, in the order of the network. Ops that one of the paths does not have are left out. */
  compareLayers(a: ComparedPath, b: ComparedPath, job?: Job): Promise<readonly ComparedLayer[]>;
  compareLayer(layer: string, a: ComparedPath, b: ComparedPath): Promise<LayerComparison>;
  /** As `tensorWindow`, of a layer's output; of two paths the difference second less first. */
  compareWindow(
    layer: string,
    paths: readonly ComparedPath[],
    index: readonly number[],
    window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
  ): Promise<RealWindow>;
}
