/** A whole integer model by the slow BigInt reading against the executor: every tensor, zero tolerance. */
import { expect } from 'vitest';
import { quietContext } from '../base/context';
import { execute } from '../integer/execute';
import type { IntegerModel, IntTensor } from '../ir/integer-model';
import { slowRun } from './tiny-bundle.fixture';

export async function slowModel(
  model: IntegerModel,
  inputs: ReadonlyMap<string, IntTensor>,
  known: ReadonlyMap<string, IntTensor> | undefined,
): Promise<void> {
  const all = known ?? (await execute(model, inputs, { keep: 'all' }, quietContext()));
  const slow = slowRun(model, Object.fromEntries([...inputs].map(([name, t]) => [name, Array.from(t.data as ArrayLike<number>, BigInt)])));
  expect([...all.keys()].sort()).toEqual([...slow.keys()].sort());
  for (const [name, t] of slow) expect(all.get(name)?.data, name).toEqual(t.data);
}
