import { expect, test } from 'vitest';
import type { ValueName } from '../ir/model';
import { bytesOf } from '../base/bytes';
import type { TensorRef } from '../ir/tensor';
import { constantOf } from './constants';

test('a large constant has its elements also where the object was copied', () => {
  const data = Float32Array.from({ length: 20000 }, (_, i) => i);
  const ref: TensorRef = { name: 'w', dtype: 'float32', shape: [20000], source: { kind: 'raw', bytes: bytesOf(data) } };
  const constant = constantOf({ initializers: new Map([['w' as ValueName, ref]]) }, 'w' as ValueName);
  if (!constant) throw new Error('no constant');
  expect({ ...constant, shape: [2, 10000] }.data).toEqual(data);
  expect(constant.data).toBe(constant.data);
});
