/**
 * Adam (Kingma and Ba 2015) as nodes of a step graph. The rate of a step, its correction of the first moments' start
 * included, is an input: `adamRate` gives it, so that a graph serves every step.
 */
import type { ValueName } from '../ir/model';
import { add, mul, scaled, sub } from '../ops/backward/common';
import type { GraphBuilder } from './graph-builder';

const FIRST = 0.9;
const SECOND = 0.999;
const EPSILON = 1e-8;

export interface Moving {
  readonly value: ValueName;
  readonly first: ValueName;
  readonly second: ValueName;
}

/** The rate that the graph is given in step t = 1, 2, ...: lr * sqrt(1 - SECOND^t) / (1 - FIRST^t). */
export function adamRate(lr: number, t: number): number {
  return (lr * Math.sqrt(1 - powerOf(SECOND, t))) / (1 - powerOf(FIRST, t));
}

/** By multiplication: `**` is not the same to the bit in every engine. */
function powerOf(base: number, t: number): number {
  let [result, factor] = [1, base];
  for (let e = t; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}

export function adam(g: GraphBuilder, now: Moving, gradient: ValueName, rate: ValueName): Moving {
  const first = add(g, scaled(g, now.first, FIRST), scaled(g, gradient, 1 - FIRST));
  const second = add(g, scaled(g, now.second, SECOND), scaled(g, mul(g, gradient, gradient), 1 - SECOND));
  const change = g.emit('Div', [mul(g, first, rate), add(g, g.emit('Sqrt', [second]), g.floats([EPSILON]))]);
  return { value: sub(g, now.value, change), first, second };
}
