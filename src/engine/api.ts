/**
 * The engine as the page and the CLI see it: use cases over one open model. All results are plain data
 * that can be cloned to another thread. State (model bytes, calibration, integer model) stays inside.
 * Order: open -> useData -> calibrate -> convert -> layer/tensor/export/evaluate. A step asked for too
 * early throws StudioError `not-ready`. Opening or loading that fails leaves the previous state as it was.
 */
import type { DistributionView, FunctionView, HeatMap, LayerReport, NonlinearReport, ProfileCost } from '../core/analysis/types';
import type { GraphCard, GraphEdge, ModelGraph } from '../core/analysis/graph-types';
import type { Warning } from '../core/base/context';
import type { DatasetInfo, Preprocessing } from '../core/calibrate/types';
import type { AccumulatorLimit, AddOp, Arithmetic, IntDType } from '../core/ir/integer-model';
import type { LayerNote } from '../core/prepare/types';
import type { PluginReport } from '../core/plugin/open-plugins';
import type { PluginSource, RemotePlugin } from '../core/plugin/remote';
import type { Preset } from '../core/recipe/preset-recipe';
import type { Recipe } from '../core/recipe/recipe';
import type { Accuracy, RecipeResult, RecipeRow } from '../core/recipe/recipe-table';
import type { OptionSpec, OptionValues } from '../core/quant/quantizer';
import type { ChipApi } from './chip-api';
import type { ExportPlanApi } from './export-api';
import type { FileInput } from './file-input';
import type { Job } from './job-types';
import type { Provider } from './ports';
import type { OpenedProject, ProjectRequest } from './project-api';
import type { CompareApi } from './compare-api';
import type { SensitivityApi } from './sensitivity-api';

export type {
  DistributionView,
  FunctionView,
  HeatMap,
  Histogram,
  LayerReport,
  NonlinearKind,
  NonlinearOp,
  NonlinearReport,
  ProfileCost,
  ProfileLayer,
} from '../core/analysis/types';

export type { FileInput } from './file-input';
export type { Job, JobProgress } from './job-types';

/** What an earlier try has learned for a recipe, kind by kind in the order of learning. */
export interface LearnedSoFar {
  readonly parts: readonly { readonly kind: 'steps' | 'blocks' | 'weights'; readonly done: number; readonly count: number }[];
}

export interface ConvertOptions {
  readonly sampleIndex: number;
  readonly strict: boolean;
  /** Where steps of learning run. Default `wasm`, which gives the same integers every time. */
  readonly provider?: Provider;
  /** Bytes of activations that learning keeps in memory; the others lie in a file. The result does not depend on it. Default 512 MB. */
  readonly memory?: number | undefined;
}

export interface TryOptions extends Pick<ConvertOptions, 'memory'> {
  /** Of the evaluation data; undefined: all. */
  readonly samples: number | undefined;
}

export interface InputInfo {
  readonly name: string;
  readonly dtype: string;
  /** Named or unknown extents as text (`batch`, `?`). */
  readonly shape: readonly (number | string)[];
  /** The shape used here: batch 1, named extents as chosen. */
  readonly resolved: readonly number[];
}

export interface ModelSummary {
  readonly name: string;
  readonly sha256: string;
  /** SHA-256 over everything that was opened, files of weights included: what a calibration and a project belong to. */
  readonly identity: string;
  readonly fileBytes: number;
  readonly opset: number;
  readonly irVersion: number;
  readonly producer: string;
  readonly nodes: number;
  readonly parameters: number;
  readonly macs: number;
  readonly opHistogram: Readonly<Record<string, number>>;
  readonly inputs: readonly InputInfo[];
  readonly outputs: readonly InputInfo[];
  /** Recognised structures, e.g. { 'Conv+BN+ReLU': 12 }. */
  readonly blocks: Readonly<Record<string, number>>;
  /** Nodes that would run in float, with the reason. */
  readonly islands: readonly { readonly node: string; readonly op: string; readonly reason: string }[];
  readonly warnings: readonly Warning[];
}

export type { GraphCard, GraphEdge, ModelGraph };

export interface CalibrationSummary {
  readonly samples: number;
  readonly source: string;
  readonly sha256: string;
  readonly provider: Provider;
  readonly threads: number;
  readonly wallMs: number;
  readonly tensors: number;
  readonly warnings: readonly Warning[];
}

export interface ConversionSummary {
  /** SHA-256 of the recipe that it came from (a newer recipe makes it stale). */
  readonly recipeHash: string;
  readonly layers: readonly LayerReport[];
  readonly islands: readonly { readonly node: string; readonly op: string; readonly reason: string; readonly output: string }[];
  readonly warnings: readonly Warning[];
  readonly weightBytes: number;
  readonly logitsSqnrDb: number | undefined;
  /** What the integer forms of softmax, layer norm and functions cost; undefined where the model has none. */
  readonly nonlinear: NonlinearReport | undefined;
  /** What steps before the plan did, layer by layer, and on how many samples (0: none needed any). */
  readonly prepared: { readonly samples: number; readonly notes: readonly LayerNote[] };
  readonly sampleIndex: number;
}

export interface TensorRefInfo {
  /** `x1`, `x2`, `y`, `yq`, `bias`, `mul`, `shift`, `lut` */
  readonly role: string;
  readonly name: string;
  readonly dtype: IntDType;
  readonly shape: readonly number[];
  readonly bits: number;
  readonly signed: boolean;
  readonly scale: readonly number[];
  readonly zeroPoint: number;
  /** Smallest and largest integer of its quantizer, or of what its readers allow. undefined: all that the bits hold. */
  readonly lo: number | undefined;
  readonly hi: number | undefined;
}

/** Everything the inspector shows of one layer. Parts are undefined until the step they need has run. */
export interface LayerDetail {
  readonly id: string;
  readonly card: GraphCard;
  readonly attributes: Readonly<Record<string, string>>;
  readonly weights: (DistributionView & { readonly shape: readonly number[]; readonly heat: HeatMap }) | undefined;
  readonly input: DistributionView | undefined;
  readonly output: DistributionView | undefined;
  /** Per output channel. */
  readonly weightScale: readonly number[] | undefined;
  readonly raisedChannels: readonly number[];
  readonly requant:
    | {
        readonly mul: readonly number[];
        readonly shift: readonly number[];
        readonly zeroPoint: number;
        readonly lo: number;
        readonly hi: number;
        readonly rounding: string;
        /** gemmlowp's product, with two roundings. */
        readonly highMul: boolean;
      }
    | undefined;
  /** Of softmax, layer norms, functions and embeddings. */
  readonly fn: FunctionView | undefined;
  /** Can the recipe keep it in float? Not what only moves integers, nor what has no integer form anyway. */
  readonly canKeep: boolean;
  /** Of Add and Sub: their multipliers and the one shift. */
  readonly add: AddOp['add'] | undefined;
  readonly accumulator:
    | {
        readonly bound: string;
        readonly boundBits: number;
        readonly seenMin: number;
        readonly seenMax: number;
        readonly seenBits: number;
        /** What the profile cuts sums to; undefined: 32 bits, proved. */ readonly limit: AccumulatorLimit | undefined;
      }
    | undefined;
  readonly report: LayerReport | undefined;
  readonly tensors: readonly TensorRefInfo[];
}

/** A window of an integer tensor: leading axes fixed by index, the axis after them as rows, the rest as columns. */
export interface TensorWindow {
  readonly shape: readonly number[];
  readonly rows: number;
  readonly columns: number;
  /** rows x columns, row-major */
  readonly values: Int32Array;
  readonly min: number;
  readonly max: number;
}

export interface EvaluationReport extends Accuracy {
  readonly labelled: boolean;
  readonly wallMs: number;
}

/** One requantization profile on the converted model. */
export interface ProfileResult {
  readonly id: string;
  readonly title: string;
  readonly arithmetic: Arithmetic;
  /** Why the model cannot be lowered so. */
  readonly problem: string | undefined;
  readonly cost: ProfileCost | undefined;
}

export interface ProfileReport {
  /** Of the conversion that was compared. */
  readonly recipeHash: string;
  /** Indices of the calibration samples that were run. */
  readonly samples: readonly number[];
  /** The recipe's own first. */
  readonly profiles: readonly ProfileResult[];
}

export interface ExportOptions {
  /** Formats besides .npy: ids of `exportFormats`. */
  readonly formats: readonly string[];
  /** By format. Those that are not given are at their fallbacks. */
  readonly options?: Readonly<Record<string, OptionValues>>;
  /** stored (0) or deflated (1..9) */
  readonly level: number;
  /** Rows of a comparison, for the report. */
  readonly compared?: readonly RecipeRow[];
}

export interface ExportResult {
  readonly fileName: string;
  readonly bytes: number;
  readonly files: number;
  /** A Blob of the finished zip in the page (backed by OPFS); undefined in Node, where it was written to the sink. */
  readonly blob: Blob | undefined;
}

export interface EngineApi extends ChipApi, CompareApi, ExportPlanApi, SensitivityApi {
  /**
   * Opens an .onnx (and external data files given with it). `shapes` sets named or unknown extents: input -> shape. With an
   * `identity`, a model that has another one is refused.
   */
  open(
    files: readonly FileInput[],
    options: { readonly shapes?: Readonly<Record<string, readonly number[]>>; readonly identity?: string },
    job?: Job,
  ): Promise<ModelSummary>;
  graph(): Promise<ModelGraph>;
  providers(): Promise<readonly Provider[]>;
  /** Quantizers and their options, and those of non-linear operators, for panels. */
  algorithms(): Promise<
    readonly {
      readonly id: string;
      readonly title: string;
      /** `corrections`, `nonlinear`: one entry each, its options are the keys of `Recipe.corrections` and `Recipe.nonlinear`. */
      readonly target: 'weights' | 'activations' | 'pruning' | 'corrections' | 'nonlinear';
      readonly options: readonly OptionSpec[];
      /** Name of the plugin that it comes from; absent: built in. */
      readonly plugin?: string;
    }[]
  >;
  /**
   * These plugins and no others from now on: each is read and put to the battery; those that fail are reported and left out. They
   * outlive the model. What was converted stays. Where the surroundings have a sandbox, a source is enough.
   */
  setPlugins(plugins: readonly (PluginSource | RemotePlugin)[], job?: Job): Promise<readonly PluginReport[]>;
  /** Loads data; returns what it is and how it would be preprocessed (guessed; overridden by `preprocessing`). */
  useData(
    files: readonly FileInput[],
    options: { readonly preprocessing?: Partial<Preprocessing>; readonly role: 'calibration' | 'evaluation' },
    job?: Job,
  ): Promise<DatasetInfo>;
  useSyntheticData(options: { readonly samples: number; readonly seed: number }): Promise<DatasetInfo>;
  calibrate(options: { readonly samples: number; readonly provider: Provider }, job?: Job): Promise<CalibrationSummary>;
  /** Plans, lowers, executes one sample exactly and reports. */
  convert(recipe: Recipe, options: ConvertOptions, job?: Job): Promise<ConversionSummary>;
  /**
   * What calibrates, converts, sweeps, evaluates, compares or exports stops between two steps, until it goes on, is cancelled or another
   * begins. Where nothing runs, nothing happens.
   */
  pause(isPaused: boolean): Promise<void>;
  /** Layers that a conversion with this recipe need not learn again; undefined where there are none. */
  learned(recipe: Recipe, options: { readonly provider: Provider }): Promise<LearnedSoFar | undefined>;
  /** The next conversion with this recipe learns everything again. */
  forgetLearned(recipe: Recipe, options: { readonly provider: Provider }): Promise<void>;
  layer(id: string): Promise<LayerDetail>;
  /** `index` fixes leading axes, all but two at most; the next axis gives the rows, the rest lies row-major in the columns. */
  tensorWindow(
    layer: string,
    role: string,
    index: readonly number[],
    window: { row: number; rows: number; column: number; columns: number },
  ): Promise<TensorWindow>;
  /** One tensor as text to paste: where a bundle has it, or a literal of it. Too large ones are refused. */
  tensorText(layer: string, role: string, form: 'path' | 'c' | 'verilog'): Promise<string>;
  /** One tensor as a file: `.npy` or `.mem`. */
  tensorFile(layer: string, role: string, format: 'npy' | 'mem'): Promise<{ readonly fileName: string; readonly bytes: Uint8Array }>;
  exportBundle(options: ExportOptions, job?: Job): Promise<ExportResult>;
  /** The converted model under other requantization profiles, side by side; nothing is calibrated or learned again. */
  profiles(
    options: { readonly samples?: number | undefined; readonly profiles?: readonly string[] | undefined },
    job?: Job,
  ): Promise<ProfileReport>;
  evaluate(options: { readonly samples: number | undefined }, job?: Job): Promise<EvaluationReport>;
  /** Named recipes, the one that others are measured against first. */
  presets(): Promise<readonly Preset[]>;
  /**
   * One row of a comparison: the recipe on the calibration and the evaluation data. What was converted before stays; core's
   * `compareRecipes` calls this once a recipe.
   */
  tryRecipe(recipe: Recipe, options: TryOptions, job?: Job): Promise<RecipeResult>;
  /** Calibration statistics as bytes, and back: for persistence. */
  saveCalibration(): Promise<Uint8Array>;
  restoreCalibration(bytes: Uint8Array): Promise<CalibrationSummary>;
  /** The open model's project file, with the statistics that there are. */
  saveProject(request: ProjectRequest, job?: Job): Promise<ExportResult>;
  /** What a project file holds, every part checked. Opens nothing. */
  readProject(file: FileInput, job?: Job): Promise<OpenedProject>;
  close(): Promise<void>;
}
