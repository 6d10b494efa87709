/**
 * Masks that were found element by element (mask-probe.ts): asked for once per value, spread to the shape of the scores,
 * and back to as few elements as say the same. A float input that is added to the scores itself is no mask: nobody can
 * read off a graph that it is no bias.
 */
import type { Model, ValueName } from '../ir/model';
import { sizeOf, type Tensor } from '../ir/tensor';
import { spreadTo } from '../ops/strided';
import { ALWAYS, probe, type Meaning, type Probed } from './mask-probe';
import type { Matcher } from './matcher';

/** A score that is this much lower than another has a weight of less than 2e-22. */
export const LOW = -50;

const meanings = {
  added: (v: number) => (v === 0 ? 0 : v <= LOW ? 1 : undefined),
  taken: (v: number) => (v === 0 ? 0 : -v <= LOW ? 1 : undefined),
  'true keeps': (v: number) => (v === 0 ? 1 : 0),
  'true masks': (v: number) => (v === 0 ? 0 : 1),
} satisfies Record<string, Meaning>;

export type Prober = (name: ValueName, how: keyof typeof meanings) => Probed | undefined;

export function prober(model: Model, m: Matcher): Prober {
  const known = new Map<string, Probed | undefined>();
  return (name, how) => {
    const key = `${how} ${name}`;
    if (!known.has(key)) known.set(key, probe(model, m, name, meanings[how]));
    return known.get(key);
  };
}

/** 1 where the mask is ALWAYS or NEVER set. */
export function elements({ places, shape }: Probed, which: number): Tensor<'uint8'> {
  return { dtype: 'uint8', shape, data: Uint8Array.from(places, (at) => (at === which ? 1 : 0)) };
}

/** The same places for every element of a larger shape. */
export function spreadPlaces(found: Probed, shape: readonly number[]): Probed {
  const wide = spreadTo({ dtype: 'int32', shape: found.shape, data: found.places }, shape);
  return { ...found, shape, places: wide.data as Int32Array }; // of the same type: only spread
}

/** Extent 1 along every axis along which no place differs; what is set always or never fits any place. */
export function narrowedPlaces(found: Probed): { readonly places: readonly number[]; readonly shape: readonly number[] } {
  let places = [...found.places];
  let { shape } = found;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis] as number;
    const inner = sizeOf(shape.slice(axis + 1));
    if (extent < 2) continue;
    const less = Array.from({ length: places.length / extent }, (_, i) => {
      const from = Math.floor(i / inner) * extent * inner + (i % inner);
      const all = Array.from({ length: extent }, (__, k) => places[from + k * inner] as number).filter((at) => at >= 0);
      return all.length === 0 ? ALWAYS : all.every((at) => at === all[0]) ? all[0] : undefined;
    });
    if (less.includes(undefined)) continue;
    places = less as number[]; // none is undefined
    shape = shape.map((d, i) => (i === axis ? 1 : d));
  }
  return { places: places.map((at) => Math.max(0, at)), shape };
}
