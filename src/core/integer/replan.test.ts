import { expect, test } from 'vitest';
import { network, ranges, recipe } from '../analysis/sensitivity/network.fixture';
import { quietContext } from '../base/context';
import type { QuantInfo } from '../ir/integer-model';
import type { NodeId } from '../ir/model';
import { withWidths, type LayerWidths } from '../recipe/bit-widths';
import type { Recipe } from '../recipe/recipe';
import { planQuantization } from './make-plan';
import type { Decided, QuantPlan } from './plan';
import { replan } from './replan';

const decided: Decided = { weights: new Map(), tokens: new Map(), steps: new Map() };
const nodeOf = (stem: string): NodeId => [...network.stems].find(([, s]) => s === stem)?.[0] as NodeId;
const ctx = quietContext();

const algorithms: readonly (readonly [string, Recipe])[] = [
  ['minmax', recipe],
  [
    'mse',
    { ...recipe, weights: { ...recipe.weights, algorithm: 'mse_channel' }, activations: { ...recipe.activations, algorithm: 'mse' } },
  ],
  ['symmetric', { ...recipe, activations: { ...recipe.activations, algorithm: 'percentile', symmetric: true } }],
];
const changes: readonly Readonly<Record<string, LayerWidths>>[] = [
  { conv1: { weightBits: 3 } },
  { conv0: { activationBits: 4 } },
  { matmul4: { activationBits: 2 } },
  { matmul6: { activationBits: 5, weightBits: 2 } },
  { conv0: { weightBits: 2 }, conv1: { activationBits: 3 }, matmul6: { weightBits: 4 } },
];

test.each(algorithms.flatMap(([name, own]) => changes.map((widths) => [name, JSON.stringify(widths), own, widths] as const)))(
  '%s, %s: the plan is that from the beginning',
  async (_, __, own, widths) => {
    const reference = withWidths(own, new Map());
    const plan = await planQuantization(network, ranges, reference, ctx);
    const other = withWidths(own, new Map(Object.entries(widths)));
    const changed = new Set(Object.keys(widths).map(nodeOf));
    const made = await replan(network, ranges, other, { plan, decided }, changed, ctx);
    expect(plain(made)).toEqual(plain(await planQuantization(network, ranges, other, ctx)));
  },
);

/** Typed arrays as lists: toEqual tells a view of other bytes apart. */
function plain({ activations, operands, weights, islands }: QuantPlan): unknown {
  const q = (info: QuantInfo | undefined): unknown => info && { ...info, scale: [...info.scale] };
  return {
    activations: [...activations].map(([name, info]) => [name, q(info)]),
    operands: [...operands].map(([id, all]) => [id, all.map(q)]),
    weights: [...weights].map(([id, w]) => [id, { ...w, q: q(w.q), data: Array.from(w.data, Number) }]),
    islands: [...islands],
  };
}
