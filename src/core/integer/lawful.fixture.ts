/**
 * From a sketch to an executed integer model in tests, with the laws that every op must keep: ranges, the accumulator's
 * proof, and the dual path (what softmax and layer normalization may differ by: float-nonlinear.ts).
 */
import { expect } from 'vitest';
import { quietContext, type Warning } from '../base/context';
import { createRng, type Rng } from '../base/rng';
import type { IntegerModel, IntTensor } from '../ir/integer-model';
import { sizeOf } from '../ir/tensor';
import { dequantizeAffine, newStorage } from '../quant/affine';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { calibrationOf, canonicalModel, type Sketch } from './canonical.fixture';
import { execute } from './execute';
import { nonlinearSlack } from './float-nonlinear';
import { biasSlack, floatReference, reciprocalSlack } from './float-reference';
import { lower } from './lower';
import { planQuantization } from './make-plan';
import type { Decided } from './plan';

export type Ranges = Readonly<Record<string, readonly [number, number]>>;

export async function convert(
  sketch: Sketch,
  ranges: Ranges,
  recipe: Recipe = defaultRecipe,
  decided?: Decided,
): Promise<{ model: IntegerModel; warnings: Warning[] }> {
  const warnings: Warning[] = [];
  const ctx = quietContext(warnings);
  const c = canonicalModel(sketch);
  const plan = await planQuantization(c, calibrationOf(ranges), recipe, ctx, decided);
  return { model: lower(c, plan, recipe, ctx), warnings };
}

/** Random integers for every model input, extremes included. */
export function randomInputs(model: IntegerModel, rng: Rng): Map<string, IntTensor> {
  return new Map(
    model.inputs.map((name) => {
      const v = model.values.get(name);
      if (!v?.quant) throw new Error(name);
      const data = newStorage(v.dtype, sizeOf(v.shape)) as Int8Array;
      for (let i = 0; i < data.length; i++) data[i] = i === 0 ? v.quant.lo : i === 1 ? v.quant.hi : rng.int(v.quant.lo, v.quant.hi);
      return [name, { dtype: v.dtype, shape: v.shape, data }];
    }),
  );
}

/** Runs the model and checks, op by op, the dual-path law, the accumulator's proof and the ranges. */
export async function runLawfully(
  model: IntegerModel,
  seed = 1,
  inputs = randomInputs(model, createRng(seed)),
): Promise<ReadonlyMap<string, IntTensor>> {
  const all = await execute(model, inputs, { keep: 'all' }, quietContext());
  for (const op of model.ops) {
    const out = all.get(op.output);
    const v = model.values.get(op.output);
    if (!out || !v?.quant) throw new Error(op.name);
    const data = out.data as Int8Array;
    expect(data.length).toBe(sizeOf(v.shape));
    for (const q of data) {
      expect(q).toBeGreaterThanOrEqual(v.quant.lo);
      expect(q).toBeLessThanOrEqual(v.quant.hi);
    }
    const limit = (v.quant.bits <= 8 ? 1 : 2) + biasSlack(op, model);
    const slack =
      op.kind === 'softmax' || op.kind === 'layernorm'
        ? nonlinearSlack(op, all, model)
        : op.kind === 'matmul' && op.deferred
          ? reciprocalSlack(op, all, model)
          : undefined;
    floatReference(op, all, model)?.forEach((want, i) =>
      expect(Math.abs(want - (data[i] as number))).toBeLessThanOrEqual(limit + (slack?.[i] ?? 0)),
    );
    if ('acc' in op && op.acc !== undefined && op.accumulator) {
      const bound = Number(op.accumulator.bound);
      for (const a of all.get(op.acc)?.data as Int32Array) expect(Math.abs(a)).toBeLessThanOrEqual(bound);
    }
  }
  for (const name of model.outputs) expect(all.has(name)).toBe(true);
  return all;
}

export const real = (all: ReadonlyMap<string, IntTensor>, model: IntegerModel, name: string): Float32Array => {
  const q = model.values.get(name)?.quant;
  const t = all.get(name);
  if (!q || !t) throw new Error(name);
  return dequantizeAffine(t.data as Int8Array, q);
};
