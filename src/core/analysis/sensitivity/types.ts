/**
 * Sensitivity of the logits to the bits of single layers, as plain data. The reference is the network as the recipe says with
 * 8 bits in every layer; a point is that network with other bits in one layer. Everything in a point is measured.
 */
import type { LayerWidths } from '../../recipe/bit-widths';
import type { Recipe } from '../../recipe/recipe';

/** Whose bits: of a layer's weights, or of the activations that it multiplies. */
export type SweptKind = 'weights' | 'activations';

/** How far logits are from those of the float model, over all samples. */
export interface LogitsLoss {
  /** Sum of squared differences. */
  readonly noise: number;
  /** Mean KL(float || integer), nats. */
  readonly kl: number;
}

export interface SweepPoint extends LogitsLoss {
  readonly kind: SweptKind;
  readonly bits: number;
}

/** A layer that multiplies, with what its bits cost. */
export interface CostedLayer {
  readonly id: string;
  readonly op: string;
  readonly macs: number;
  /** Elements of its weight; 0 where it multiplies two activations. */
  readonly weights: number;
}

export interface SensitivityLayer extends CostedLayer {
  readonly points: readonly SweepPoint[];
}

/** What a chart has below and what it has beside. */
export type CostId = 'bytes' | 'bops';
export type LossId = 'kl' | 'noise';

export interface FrontierMove {
  readonly layer: string;
  readonly kind: SweptKind;
  readonly bits: number;
}

/** One assignment of bits to all layers. `loss` is estimated. */
export interface FrontierPoint extends LogitsLoss {
  readonly bytes: number;
  readonly bops: number;
  /** Run with all its bits at once. */
  readonly measured?: LogitsLoss;
}

/** Point k is the reference after the first k moves. */
export interface Frontier {
  readonly cost: CostId;
  readonly loss: LossId;
  readonly moves: readonly FrontierMove[];
  readonly points: readonly FrontierPoint[];
}

export interface SensitivityReport {
  /** Of the reference. */
  readonly recipe: Recipe;
  /** Indices of the samples that were run. */
  readonly samples: readonly number[];
  readonly weightBits: readonly number[];
  readonly activationBits: readonly number[];
  /** Sum of the squared float logits. */
  readonly signal: number;
  readonly reference: LogitsLoss;
  readonly layers: readonly SensitivityLayer[];
  /** Bits that the layer could not be lowered with, and why. */
  readonly refused: readonly (FrontierMove & { readonly why: string })[];
  readonly frontiers: readonly Frontier[];
  /** What the recipe learns or corrects, which a sweep does without: in words. */
  readonly leftOut: readonly string[];
}

/** What a recipe costs, and what it is expected to do to the logits. */
export interface RecipeEstimate {
  readonly bytes: number;
  readonly bops: number;
  /** The same layers with 8 bits. */
  readonly reference: { readonly bytes: number; readonly bops: number };
  /** undefined: no sweep, or layers whose bits it says nothing about. */
  readonly logits: (LogitsLoss & { readonly sqnrDb: number | undefined }) | undefined;
  /** Layers whose bits were measured, scaled from other bits or another algorithm, and not known at all. */
  readonly measured: number;
  readonly scaled: number;
  readonly unknown: readonly string[];
  readonly layers: readonly EstimatedLayer[];
  /** What the estimate does not see, in words. */
  readonly unseen: readonly string[];
}

export interface EstimatedLayer extends CostedLayer, Required<LayerWidths> {
  /** undefined: not known. */
  readonly noise: number | undefined;
  readonly kl: number | undefined;
}
