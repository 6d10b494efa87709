/**
 * One thing that is learned: taken from what is finished already, or learned now; told as it goes, and kept the moment it is
 * there. Knows nothing of how it is learned. Law: what was kept and what is learned anew are the same.
 */
import type { Context, LearnedLayer, LearningProgress } from '../base/context';
import type { LearnedWeight } from '../quant/quantizer';
import type { LearnedBlock } from '../reconstruct/block';
import type { LearnedStep } from '../reconstruct/step-size';
import type { Finished, LearnedKind } from './types';

type Learned = LearnedWeight | LearnedStep | LearnedBlock;

/** What is learned, and where it stands in its stage. */
export interface LearnedPart {
  readonly kind: LearnedKind;
  /** Under which it is finished. */
  readonly key: string;
  readonly layer: string;
  /** Among the parts of its kind that are learned, from 0. */
  readonly place: number;
  readonly count: number;
  /** The stage whose progress it is a part of, from `done` to `done + 1`. */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** `learn` is given a context whose progress is that of the part alone. */
export async function learnedOnce<T extends Learned>(
  known: Map<string, T>,
  part: LearnedPart,
  finished: Finished,
  ctx: Context,
  learn: (ctx: Context) => Promise<T>,
): Promise<T> {
  const { kind, key, layer, place, count, stage, done, total } = part;
  const tell = (share: number, learning: Pick<LearningProgress, 'step' | 'steps' | 'result'>, loss?: number): void =>
    ctx.progress({
      ...{ stage, done: done + share, total, layer, learning: { kind, place, count, ...learning } },
      ...(loss === undefined ? {} : { loss }),
    });
  const before = known.get(key);
  if (before) {
    tell(1, { step: before.iterations ?? 0, steps: before.iterations ?? 0, result: { ...resultOf(before), isKnown: true } });
    return before;
  }
  tell(0, { step: 0, steps: 0 });
  const quiet = { ...ctx, warn: () => undefined };
  const value = await learn({ ...quiet, progress: (p) => tell(p.done / p.total, { step: p.done, steps: p.total }, p.loss) });
  known.set(key, value);
  await finished.keep?.({ kind, key, place, count, value });
  tell(1, { step: value.iterations ?? 0, steps: value.iterations ?? 0, result: { ...resultOf(value), isKnown: false } });
  return value;
}

function resultOf(value: Learned): Omit<LearnedLayer, 'isKnown'> {
  const { before, after, iterations } = value;
  return {
    ...{ before, after },
    ...(iterations === undefined ? {} : { iterations }),
    ...('moved' in value ? { moved: value.moved, of: sizeOfIntegers(value.integers) } : {}),
  };
}

/** Of a layer, or of the layers of a block. */
function sizeOfIntegers(integers: Int32Array | readonly Int32Array[]): number {
  return integers instanceof Int32Array ? integers.length : integers.reduce((n, q) => n + q.length, 0);
}
