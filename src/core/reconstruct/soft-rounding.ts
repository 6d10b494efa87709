/**
 * The rounding variables of AdaRound (Nagel et al. 2020) for a weight in its own layout: W^ = s * clamp(floor(W/s) + h(V)),
 * h = clip(1.2 * sigmoid(V) - 0.1, 0, 1). At the start h is what floor leaves, so that W^ is W; at the end V >= 0 rounds up.
 */
import { roundHalfEven } from '../base/fixed-point';
import { log } from '../base/math';
import type { ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { add, mul, scaled } from '../ops/backward/common';
import type { GraphBuilder } from './graph-builder';

export interface SoftWeight {
  readonly weight: Float32Array;
  readonly shape: readonly number[];
  /** One, or one for each index of `axis`. */
  readonly scale: Float32Array;
  readonly axis: number | undefined;
  readonly lo: number;
  readonly hi: number;
}

/** h reaches 0 and 1 before V reaches infinity. */
const STRETCH = { factor: 1.2, offset: -0.1 };
/** Far below where h is clipped to 0. */
const STAYS = -20;

function scaleAt({ scale, shape, axis }: SoftWeight): (i: number) => number {
  if (axis === undefined) return () => scale[0] as number;
  const inner = sizeOf(shape.slice(axis + 1));
  return (i) => scale[Math.floor(i / inner) % scale.length] as number;
}

function floors(w: SoftWeight): Float32Array {
  const s = scaleAt(w);
  return w.weight.map((v, i) => Math.floor(v / s(i)));
}

const clamped = (q: number, { lo, hi }: SoftWeight): number => Math.min(hi, Math.max(lo, q));

export function softStart(w: SoftWeight): Float32Array {
  const s = scaleAt(w);
  // no gradient comes through the clip at STAYS: a network that was pruned stays pruned
  return w.weight.map((v, i) => (v === 0 ? STAYS : -log(STRETCH.factor / (v / s(i) - Math.floor(v / s(i)) - STRETCH.offset) - 1)));
}

export function nearestIntegers(w: SoftWeight): Int32Array {
  const s = scaleAt(w);
  return Int32Array.from(w.weight, (v, i) => clamped(roundHalfEven(Math.fround(v / s(i))), w));
}

export function hardIntegers(w: SoftWeight, v: Float32Array): Int32Array {
  return Int32Array.from(floors(w), (f, i) => clamped(f + ((v[i] as number) >= 0 ? 1 : 0), w));
}

/** What integers of the weight mean. */
export function meant(w: SoftWeight, integers: Int32Array): Float32Array {
  const s = scaleAt(w);
  return Float32Array.from(integers, (q, i) => q * s(i));
}

/** The weight between its two roundings, and h. */
export function roundedWeight(g: GraphBuilder, w: SoftWeight, v: ValueName): { readonly weight: ValueName; readonly bits: ValueName } {
  const stretched = add(g, scaled(g, g.emit('Sigmoid', [v]), STRETCH.factor), g.floats([STRETCH.offset]));
  const bits = g.emit('Clip', [stretched, g.floats([0]), g.floats([1])]);
  const q = g.emit('Clip', [add(g, g.floats(floors(w), w.shape), bits), g.floats([w.lo]), g.floats([w.hi])]);
  const scale = g.floats(w.scale, w.axis === undefined ? [] : w.shape.map((d, i) => (i === w.axis ? d : 1)));
  return { weight: mul(g, q, scale), bits };
}
