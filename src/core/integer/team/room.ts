/**
 * Tensors of a run in one SharedArrayBuffer. A room that is full gives nothing: the caller makes an array of its own,
 * which is slower and not wrong.
 */
import type { IntDType, IntegerModel, IntStorage } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { newPool, type Pool } from '../execute/pool-of-arrays';
import { lastUses } from '../last-uses';
import { UNIT } from './board';

type Data = IntStorage[IntDType];

const views = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
} as const;

export function viewOf(room: SharedArrayBuffer, dtype: IntDType, length: number, unit: number): Data {
  // the union of constructors hides that each takes shared memory
  const View = views[dtype] as new (buffer: ArrayBufferLike, offset: number, length: number) => Data;
  return new View(room, unit * UNIT, length);
}

export interface Room extends Pool {
  /** Where the array begins, in units; undefined: it does not lie here. */
  unitOf(data: Data): number | undefined;
}

const bytesOf = (dtype: IntDType, length: number): number => Math.ceil((length * views[dtype].BYTES_PER_ELEMENT) / UNIT) * UNIT;

export function newRoom(buffer: SharedArrayBuffer): Room {
  const free = newPool();
  let next = 0;
  return {
    take: (dtype, length) => {
      const known = free.take(dtype, length);
      if (known) return known;
      const bytes = bytesOf(dtype, length);
      if (next + bytes > buffer.byteLength) return undefined;
      next += bytes;
      return viewOf(buffer, dtype, length, (next - bytes) / UNIT);
    },
    give: (tensor) => {
      if (tensor.data.buffer === buffer) free.give(tensor);
    },
    unitOf: (data) => (data.buffer === buffer ? data.byteOffset / UNIT : undefined),
  };
}

/** Bytes that a run of the model takes: everything, or what is alive at a time, arrays of one type and length used again. */
export function roomFor(model: IntegerModel, all: boolean): number {
  const spare = new Map<string, number>();
  const uses = lastUses(model);
  let bytes = 0;
  const keyOf = (name: string): [string, number] => {
    const v = model.values.get(name);
    const length = v ? sizeOf(v.shape) : 0;
    return [`${v?.dtype ?? ''} ${length}`, v ? bytesOf(v.dtype, length) : 0];
  };
  const take = (name: string): void => {
    const [key, size] = keyOf(name);
    const left = spare.get(key) ?? 0;
    if (left > 0) spare.set(key, left - 1);
    else bytes += size;
  };
  model.inputs.forEach(take);
  for (const island of model.islands) take(island.output);
  model.ops.forEach((op, i) => {
    take(op.output);
    if (all && 'acc' in op && op.acc !== undefined) take(op.acc);
    if (all) return;
    for (const name of new Set(op.inputs)) {
      const [key] = keyOf(name);
      if (uses.get(name) === i) spare.set(key, (spare.get(key) ?? 0) + 1);
    }
  });
  return bytes;
}
