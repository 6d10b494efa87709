/**
 * What the engine holds between calls: one open model and what was made of it, each part replaced as a whole.
 * Law: a part is written only when the work for it is done, so a failure leaves the old one; a newer part
 * removes what was made from the older one.
 */
import { StudioError } from '../core/index';
import type { SweepInput } from '../core/analysis/sensitivity/sweep';
import type { CalibrationShard, Sample, SampleSource } from '../core/calibrate/types';
import type { ModelInput } from '../core/data/source';
import type { QuantPlan } from '../core/integer/plan';
import type { IntegerModel, IntTensor } from '../core/ir/integer-model';
import type { CanonicalModel } from '../core/ir/model';
import type { Finished, LearnedKind, Prepared } from '../core/prepare/types';
import type { Registry } from '../core/plugin/registry';
import type { PluginRecord, Quantizers } from '../core/quant/registry';
import type { Recipe } from '../core/recipe/recipe';
import type { CalibrationSummary, ConversionSummary, ModelGraph, ModelSummary } from './api';
import type { Provider } from './ports';

export interface OpenModel {
  /**
   * What ONNX Runtime runs: the .onnx file as it is, unless a static batch or functions ask for another form of it. The weights
   * of a large one are among the external data.
   */
  readonly bytes: Uint8Array;
  /** Under every path by which the model may ask for them. */
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** SHA-256 over everything that was opened: what a calibration belongs to. */
  readonly identity: string;
  readonly canonical: CanonicalModel;
  readonly inputs: readonly ModelInput[];
  readonly summary: ModelSummary;
  readonly graph: ModelGraph;
}

export interface Calibrated {
  readonly shard: CalibrationShard;
  readonly summary: CalibrationSummary;
}

export interface Converted {
  readonly calibration: CalibrationShard;
  /** The model that was planned: the open one, or what the preparing stage made of it. */
  readonly canonical: CanonicalModel;
  /** Statistics of its activations. */
  readonly stats: CalibrationShard['stats'];
  /** What the preparing stage decided, for another plan of the same model. */
  readonly prepared: Prepared;
  /** With the plugins that it needs. */
  readonly recipe: Recipe;
  /** Those that it was made with. */
  readonly quantizers: Quantizers;
  readonly plugins: readonly PluginRecord[];
  readonly plan: QuantPlan;
  readonly integer: IntegerModel;
  readonly sample: Sample;
  readonly sampleIndex: number;
  /** Every activation and accumulator of the sample. */
  readonly tensors: ReadonlyMap<string, IntTensor>;
  readonly summary: ConversionSummary;
}

/** Float activations of one sample, so that another recipe needs no other float run. */
export interface FloatRun {
  readonly source: SampleSource;
  readonly index: number;
  /** The form of the model that the values belong to. */
  readonly reference: CanonicalModel;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** What the original model gives for the samples of one source, by index. Law: with it and without it the report is the same. */
export interface FloatLogits {
  readonly source: SampleSource;
  readonly output: string | undefined;
  readonly values: Map<number, Float32Array>;
}

export type DataRole = 'calibration' | 'evaluation';

/** What learned layers depend on. */
export interface LearningInput {
  readonly model: OpenModel;
  readonly calibration: CalibrationShard;
  readonly source: SampleSource;
  readonly recipe: Recipe;
  readonly quantizers: Quantizers;
  readonly provider: Provider;
}

/** Layers that were learned, also by a conversion that was cancelled. */
export interface Learning {
  readonly of: LearningInput;
  readonly finished: Omit<Finished, 'keep'>;
  /** How many there are of a kind, where one of it is known. */
  readonly counts: Map<LearnedKind, number>;
}

/** What a sweep has measured, and of what. */
export interface Swept {
  readonly of: readonly unknown[];
  readonly known: SweepInput['known'];
}

/** The only mutable thing of the engine. */
export interface EngineState {
  /** Built-in algorithms and formats, and those of plugins; outlives the model. */
  registry: Registry;
  model: OpenModel | undefined;
  data: Partial<Record<DataRole, SampleSource>>;
  calibrated: Calibrated | undefined;
  converted: Converted | undefined;
  /** The conversion before, or one that is pinned. */
  before: Converted | undefined;
  isPinned: boolean;
  floatRun: FloatRun | undefined;
  learning: Learning | undefined;
  floatLogits: FloatLogits | undefined;
  swept: Swept | undefined;
}

export function emptyState(registry: Registry): EngineState {
  return {
    registry,
    model: undefined,
    data: {},
    calibrated: undefined,
    converted: undefined,
    before: undefined,
    isPinned: false,
    floatRun: undefined,
    learning: undefined,
    floatLogits: undefined,
    swept: undefined,
  };
}

/** A conversion that is only compared with: without its accumulators. */
export function slim(converted: Converted): Converted {
  const outputs = new Set(converted.integer.ops.map((op) => op.output));
  return { ...converted, tensors: new Map([...converted.tensors].filter(([name]) => outputs.has(name))) };
}

function notReady(what: string, todo: string): StudioError {
  return new StudioError({ code: 'not-ready', what, todo });
}

/** The FP32 logits of the test data, as far as they were computed for another recipe. */
export function floatLogitsFor(known: FloatLogits | undefined, source: SampleSource, output: string | undefined): FloatLogits {
  return known?.source === source && known.output === output ? known : { source, output, values: new Map() };
}

export function modelOf(state: EngineState): OpenModel {
  if (state.model) return state.model;
  throw notReady('No model is open', 'Open an .onnx model first.');
}

export function dataOf(state: EngineState, role: DataRole): SampleSource {
  const data = state.data[role];
  if (data) return data;
  throw notReady(`There are no ${role} data`, `Give ${role} data first: a .npz, a .npy or a folder of images.`);
}

export function calibratedOf(state: EngineState): Calibrated {
  if (state.calibrated) return state.calibrated;
  throw notReady('The model is not calibrated', 'Calibrate it first.');
}

export function convertedOf(state: EngineState): Converted {
  if (state.converted) return state.converted;
  throw notReady('The model is not converted to integers', 'Convert it first.');
}
