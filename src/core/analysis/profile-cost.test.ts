/** What profiles cost, on a small network: against counts taken here, and against the bounds that are derived. */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { profileModel, profiles } from '../exporters/profile-bundle.fixture';
import { slowRun } from '../exporters/tiny-bundle.fixture';
import { floatReference } from '../integer/float-reference';
import { randomInputs } from '../integer/lawful.fixture';
import { dequantizeAffine } from '../quant/affine';
import { profileCost } from './profile-cost';
import { commonProfiles } from './profiles';

const bigInts = (data: ArrayLike<number | bigint>): bigint[] => Array.from(data, BigInt);

describe.each([...profiles, ...commonProfiles.map((p) => p.arithmetic)].map((p) => [JSON.stringify(p), p] as const))('%s', (_, profile) => {
  test('every layer is counted against the exact float path, and stays within its law', async () => {
    const model = await profileModel(profile);
    const samples = [3, 4].map((seed) => randomInputs(model, createRng(seed)));
    const cost = await profileCost(
      model,
      samples.map((inputs) => ({ inputs, float: new Map() })),
      quietContext(),
    );
    const ops = model.ops.filter((op) => op.kind !== 'transpose');
    expect(cost.layers.map((l) => l.id)).toEqual(ops.map((op) => op.name));
    for (const [i, layer] of cost.layers.entries()) {
      const op = ops[i];
      if (!op) throw new Error(layer.id);
      let [one, more, most, over, outputs] = [0, 0, 0, 0, 0];
      for (const inputs of samples) {
        const given = Object.fromEntries([...inputs].map(([name, t]) => [name, bigInts(t.data)]));
        const kept = new Map(slowRun(model, given));
        const { accumulator: __, ...arithmetic } = model.arithmetic;
        // the op alone without the register, from the same inputs
        const alone = { ...model, arithmetic, ops: [op], inputs: op.inputs };
        const exact = slowRun(alone, Object.fromEntries(op.inputs.map((name) => [name, bigInts(kept.get(name)?.data ?? [])])));
        const acc = 'acc' in op && op.acc !== undefined ? op.acc : '';
        const [a, b] = [exact.get(acc)?.data, kept.get(acc)?.data];
        for (let k = 0; k < (a?.length ?? 0); k++) if (a?.[k] !== b?.[k]) over++;
        const got = kept.get(op.output)?.data ?? [];
        floatReference(op, new Map([...kept, ...[...exact].filter(([name]) => name === acc)]), model)?.forEach((want, k) => {
          const d = Math.abs(want - Number(got[k]));
          outputs++;
          if (d === 1) one++;
          if (d > 1) more++;
          most = Math.max(most, d);
        });
      }
      expect(layer).toMatchObject({ outputs, maxLsb: most, overflows: over });
      expect([layer.offByOneShare * outputs, layer.offByMoreShare * outputs].map(Math.round)).toEqual([one, more]);
      if (layer.lawLsb !== undefined) expect(most, layer.id).toBeLessThanOrEqual(layer.lawLsb);
      if (over > 0) expect(layer.lawLsb).toBeUndefined();
    }
  });
});

test('accurate profiles have a law of one step, short multipliers say how far they may be off', async () => {
  const laws = async (arithmetic: unknown): Promise<(number | undefined)[]> => {
    const model = await profileModel(arithmetic);
    const cost = await profileCost(model, [{ inputs: randomInputs(model, createRng(1)), float: new Map() }], quietContext());
    return cost.layers.map((l) => l.lawLsb);
  };
  for (const id of ['normalized', 'tflite', 'floor']) {
    for (const law of await laws(commonProfiles.find((p) => p.id === id)?.arithmetic)) expect(law, id).toBe(1);
  }
  expect(Math.max(...(await laws({ multiplier: { kind: 'pow2' } })).map(Number))).toBeGreaterThan(20);
});

test('the SQNR of a layer and what the profile changes of it come from the float values', async () => {
  const model = await profileModel({ multiplier: { kind: 'pow2' } });
  const inputs = randomInputs(model, createRng(2));
  const tensors = slowRun(model, Object.fromEntries([...inputs].map(([name, t]) => [name, bigInts(t.data)])));
  const float = new Map(
    model.ops.flatMap((op) => {
      const [q, t] = [model.values.get(op.output)?.quant, tensors.get(op.output)];
      return q && t
        ? [[op.output, dequantizeAffine(Int32Array.from(floatReference(op, tensors, model) ?? (t.data as Int32Array)), q)] as const]
        : [];
    }),
  );
  const { layers, logitsSqnrDb } = await profileCost(model, [{ inputs, float }], quietContext());
  // the float values are those of the reference itself: what the integers lose to them is the profile's alone
  expect(layers.every((l) => l.changeDb === undefined && (l.offByOneShare + l.offByMoreShare === 0) === (l.sqnrDb === undefined))).toBe(
    true,
  );
  expect(logitsSqnrDb).toBe(layers.at(-1)?.sqnrDb);
  expect(layers.some((l) => l.sqnrDb !== undefined)).toBe(true);
});
