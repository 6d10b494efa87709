/** One thing that is wrong with a bundle or a dump, and the search for the first element that differs. */
import type { IntTensor } from '../ir/integer-model';
import { placeOf } from '../ir/places';

export interface Fault {
  readonly kind: 'hash' | 'unreadable' | 'structure' | 'element';
  readonly file: string | undefined;
  /** Value of the manifest, or `<op>_<role>` for a copy. */
  readonly tensor: string | undefined;
  readonly message: string;
  /** `element` only. */
  readonly index?: readonly number[];
  readonly expected?: string;
  readonly got?: string;
  readonly differing?: number;
}

/** undefined when every element is the same number, whatever the storage. Same length is required of both. */
export function firstDifference(tensor: string, file: string, expected: IntTensor, got: IntTensor): Fault | undefined {
  const a = expected.data;
  const b = got.data;
  const mixed = a instanceof BigInt64Array !== b instanceof BigInt64Array;
  let first = -1;
  let differing = 0;
  for (let i = 0; i < a.length; i++) {
    const same = mixed ? BigInt(a[i] as number) === BigInt(b[i] as number) : a[i] === b[i];
    if (same) continue;
    if (first < 0) first = i;
    differing++;
  }
  if (first < 0) return undefined;
  const index = placeOf(first, expected.shape);
  const message = `${tensor} (${file}) at index [${index.join(', ')}]: expected ${a[first]}, got ${b[first]}; ${differing} of ${a.length} elements differ`;
  return { kind: 'element', file, tensor, message, index, expected: String(a[first]), got: String(b[first]), differing };
}
