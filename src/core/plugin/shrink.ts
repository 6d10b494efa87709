/**
 * A smaller case that still breaks the law: fewer elements first, then plainer ones (0, whole numbers, short decimals). Greedy, with
 * a bound on the number of tries. Law: what comes back breaks the law, or is the case itself.
 */
import type { BatteryCase } from './battery-cases';

const TRIES = 300;

export async function shrink<C extends BatteryCase>(start: C, breaks: (c: C) => Promise<boolean>): Promise<C> {
  let best = start;
  let tries = 0;
  for (let gained = true; gained;) {
    gained = false;
    for (const candidate of smaller(best)) {
      if (++tries > TRIES) return best;
      if (!(await breaks(candidate as C))) continue; // a case stays of its target
      best = candidate as C;
      gained = true;
      break;
    }
  }
  return best;
}

function* smaller(c: BatteryCase): Generator<BatteryCase> {
  if (c.target === 'activations') {
    for (const probe of shorter(c.probe)) yield { ...c, probe };
    for (const fitted of shorter(c.fitted)) yield { ...c, fitted };
    for (const probe of plainer(c.probe)) yield { ...c, probe };
    for (const fitted of plainer(c.fitted)) yield { ...c, fitted };
    return;
  }
  for (const cut of cuts(c.shape)) yield { ...c, data: cutOf(c.data, c.shape, cut), shape: cut.shape };
  for (const data of plainer(c.data)) yield { ...c, data };
}

/** Halves, then without single elements. */
function* shorter(x: Float32Array): Generator<Float32Array> {
  const half = Math.floor(x.length / 2);
  if (half > 0) {
    yield x.slice(0, half);
    yield x.slice(half);
  }
  for (let i = 0; x.length > 1 && i < x.length; i++) yield Float32Array.from([...x.slice(0, i), ...x.slice(i + 1)]);
}

interface Cut {
  readonly axis: number;
  /** Indices of the axis that stay. */
  readonly kept: ReadonlySet<number>;
  readonly shape: readonly number[];
}

/** An axis without its upper or lower half, then without single indices. */
function* cuts(shape: readonly number[]): Generator<Cut> {
  for (const [axis, extent] of shape.entries()) {
    if (extent < 2) continue;
    const half = Math.floor(extent / 2);
    const all = Array.from({ length: extent }, (_, i) => i);
    for (const kept of [all.slice(0, half), all.slice(half), ...all.map((gone) => all.filter((i) => i !== gone))])
      yield { axis, kept: new Set(kept), shape: shape.map((d, k) => (k === axis ? kept.length : d)) };
  }
}

function cutOf(x: Float32Array, shape: readonly number[], { axis, kept }: Cut): Float32Array {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  return x.filter((_, i) => kept.has(Math.floor(i / inner) % (shape[axis] as number)));
}

function* plainer(x: Float32Array): Generator<Float32Array> {
  const changed = (i: number, v: number): Float32Array => {
    const copy = x.slice();
    copy[i] = v;
    return copy;
  };
  for (const [i, v] of x.entries()) {
    if (Object.is(v, 0)) continue;
    for (const next of [0, Math.sign(v), Math.trunc(v), Math.round(v * 10) / 10]) {
      // towards 0 or fewer digits, so that it ends
      if (Math.fround(next) !== v && String(Math.fround(next)).length < String(v).length) yield changed(i, next);
    }
  }
}
