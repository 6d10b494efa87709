/**
 * Arrays of tensors that nobody reads any more, for the next tensor of the same type and length: a run that keeps only the
 * outputs would otherwise make as much garbage as all activations together.
 */
import type { IntDType, IntStorage, IntTensor } from '../../ir/integer-model';

type Data = IntStorage[IntDType];

export interface Pool {
  take(dtype: IntDType, length: number): Data | undefined;
  /** The tensor is read no more, and no other tensor shares its array. */
  give(tensor: IntTensor): void;
}

export function newPool(): Pool {
  const free = new Map<string, Data[]>();
  return {
    take: (dtype, length) => free.get(`${dtype} ${length}`)?.pop(),
    give: ({ dtype, data }) => {
      const key = `${dtype} ${data.length}`;
      const list = free.get(key);
      if (list) list.push(data);
      else free.set(key, [data]);
    },
  };
}
