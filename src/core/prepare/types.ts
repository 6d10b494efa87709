/**
 * What the preparing stage gets and gives: between calibration and plan, a canonical model and the calibration samples in,
 * a changed model out. Law: pure and seeded; the float model stays what evaluation compares with.
 */
import type { Hold } from '../base/hold';
import type { Sample, SampleSource } from '../calibrate/types';
import type { FakeGraph } from '../integer/fake-graph';
import type { PlannedWeight, QuantPlan } from '../integer/plan';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, NodeId, ValueName } from '../ir/model';
import type { ActivationStats, LearnedWeight } from '../quant/quantizer';
import type { Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import type { LearnedBlock } from '../reconstruct/block';
import type { LearnedStep } from '../reconstruct/step-size';
import type { StepRunner } from '../reconstruct/step-runner';

/** What steps and blocks are learned from. */
export interface LearnFrom {
  readonly canonical: CanonicalModel;
  /** What is learned to be given: another model where weights were pruned. */
  readonly targets?: CanonicalModel | undefined;
  readonly plan: QuantPlan;
  readonly recipe: Recipe;
  readonly quantizers: Quantizers;
  readonly source: SampleSource;
  readonly samples: number;
  readonly runner: FloatRunner;
  /** Where activations are put aside. */
  readonly hold: Hold;
}

/** Float activations of one sample: of values, and of layers before their clamp. */
export interface FloatTensors {
  readonly values: ReadonlyMap<ValueName, Float32Array>;
  readonly raw: ReadonlyMap<NodeId, Float32Array>;
}

export interface FloatSession {
  run(sample: Sample): Promise<FloatTensors>;
  close(): Promise<void>;
}

/** Runs canonical models in a float runtime, and steps of learning. */
export interface FloatRunner {
  readonly steps: StepRunner;
  open(c: CanonicalModel, values: readonly ValueName[], raw: readonly NodeId[]): Promise<FloatSession>;
  /** The fake-quantized model of the plan. Graph inputs among the values come as they are given. */
  openFake(c: CanonicalModel, plan: QuantPlan, recipe: Recipe, values: readonly ValueName[]): Promise<FloatSession>;
  /** The same model to learn on. */
  fakeGraph(c: CanonicalModel, plan: QuantPlan): FakeGraph;
}

/**
 * What was learned so far for one model, recipe and set of samples. Written as each layer is done, so that work that was
 * cancelled goes on where it ended. Law: with it and without it the result is the same.
 */
export interface Finished {
  readonly weights: Map<string, LearnedWeight>;
  readonly steps: Map<string, LearnedStep>;
  /** By a block's output. */
  readonly blocks: Map<string, LearnedBlock>;
  /** Told of each as it is learned, and awaited before the next is begun. */
  readonly keep?: (record: LearnedRecord) => Promise<void>;
}

export type LearnedKind = 'weights' | 'steps' | 'blocks';

/** One thing that was learned, with where it stands among those of its kind. */
export interface LearnedRecord {
  readonly kind: LearnedKind;
  readonly key: string;
  readonly place: number;
  readonly count: number;
  readonly value: LearnedWeight | LearnedStep | LearnedBlock;
}

/** What a step did to one layer. */
export interface LayerNote {
  readonly step: 'equalize' | 'smooth' | 'prune' | 'learn' | 'batchNorm' | 'bias';
  readonly layer: string;
  /** false: the layer was left alone, and `text` says why. */
  readonly done: boolean;
  readonly text: string;
  /** Of what was learned: the numbers. */
  readonly learned?: LearnedNumbers;
}

/** Losses of one layer, activation or block before and after, in a unit of its own. */
export interface LearnedNumbers {
  readonly kind: LearnedKind;
  readonly before: number;
  readonly after: number;
  /** undefined: from a formula. */
  readonly iterations?: number;
  /** Weights that are not the nearest integer. */
  readonly moved?: number;
}

export function learnedNumbers(kind: LearnedKind, { before, after, iterations, ...rest }: LearnedRecord['value']): LearnedNumbers {
  const moved = 'moved' in rest ? { moved: rest.moved } : {};
  return { kind, before, after, ...(iterations === undefined ? {} : { iterations }), ...moved };
}

export interface Prepared {
  /** The same function as the original in float: after equalization and smoothing. Per-layer reports compare with it. */
  readonly reference: CanonicalModel;
  /** `reference` with corrected biases. What is planned and lowered. */
  readonly canonical: CanonicalModel;
  /** Statistics of `reference`. */
  readonly stats: ReadonlyMap<ValueName, ActivationStats>;
  /** Weights that are decided already: learned ones, and those with corrected scales. */
  readonly weights: ReadonlyMap<NodeId, PlannedWeight>;
  /** Largest magnitude per token of values that some layer takes token by token. */
  readonly tokens: ReadonlyMap<ValueName, Float64Array>;
  /** Quantizers of activations that are decided already, by `stepKey`. */
  readonly steps: ReadonlyMap<string, QuantInfo>;
  /** 1 where a weight stays, of the layers that were pruned. */
  readonly masks: ReadonlyMap<NodeId, Uint8Array>;
  /** Samples that were used; 0 where no step needed any. */
  readonly samples: number;
  readonly notes: readonly LayerNote[];
}
