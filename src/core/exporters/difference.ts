/** Where a dump differs from the tensor it should be, and by how much. Unknown words differ from everything. */
import type { IntTensor } from '../ir/integer-model';
import { placeOf } from '../ir/places';
import type { DumpFormat, DumpValues } from './dump';

export interface Mismatch {
  /** Row-major. */
  readonly position: number;
  readonly index: readonly number[];
  readonly expected: string;
  /** `x`: unknown. */
  readonly got: string;
}

/** How many differ by `from` to `to`, got - expected; both ends belong to it. */
export interface DifferenceBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface Difference {
  readonly elements: number;
  readonly differing: number;
  /** Of those that differ: words of x or z. */
  readonly unknown: number;
  readonly first: Mismatch | undefined;
  /** The one that is farthest off. */
  readonly worst: (Mismatch & { readonly difference: number }) | undefined;
  readonly histogram: readonly DifferenceBin[];
}

export interface DumpComparison extends Difference {
  readonly format: DumpFormat;
}

/** At most so many bins; unit steps where that is enough. */
const BINS = 41;

/** Positions of what differs, ascending. Both have the same length. */
export function mismatchesOf(golden: IntTensor, got: DumpValues): Uint32Array {
  const { data } = golden;
  const found: number[] = [];
  for (let i = 0; i < data.length; i++) if (got[i] !== data[i]) found.push(i);
  return Uint32Array.from(found);
}

export function differenceOf(golden: IntTensor, got: DumpValues, positions: Uint32Array): Difference {
  const at = (position: number): Mismatch => ({
    position,
    index: placeOf(position, golden.shape),
    expected: String(golden.data[position]),
    got: String(got[position] ?? 'x'),
  });
  const by = (position: number): number | undefined => {
    const value = got[position];
    if (value === undefined) return undefined;
    return Number(BigInt(value) - BigInt(golden.data[position] as number | bigint));
  };
  let unknown = 0;
  let lo = Infinity;
  let hi = -Infinity;
  let worst = -1;
  let most = 0;
  for (const position of positions) {
    const d = by(position);
    if (d === undefined) {
      unknown++;
      continue;
    }
    if (d < lo) lo = d;
    if (d > hi) hi = d;
    if (Math.abs(d) > most) {
      most = Math.abs(d);
      worst = position;
    }
  }
  const step = Math.max(1, Math.ceil((hi - lo + 1) / BINS));
  const counts = new Array<number>(hi < lo ? 0 : Math.floor((hi - lo) / step) + 1).fill(0);
  for (const position of positions) {
    const d = by(position);
    if (d === undefined) continue;
    const bin = Math.floor((d - lo) / step);
    counts[bin] = (counts[bin] as number) + 1;
  }
  const [first] = positions;
  return {
    elements: golden.data.length,
    differing: positions.length,
    unknown,
    first: first === undefined ? undefined : at(first),
    worst: worst < 0 ? undefined : { ...at(worst), difference: by(worst) as number },
    histogram: counts.map((count, i) => ({ from: lo + i * step, to: lo + (i + 1) * step - 1, count })),
  };
}
