/**
 * The manifest's entry for one integer tensor. Scales are written as the exact float64 value of the float32,
 * so that they parse back to the same float32.
 */
import type { IntConstant, IntTensor, IntValue } from '../ir/integer-model';
import { isSigned, rangeOf, storageBits } from '../ir/int-tensor';
import type { PlacedValue } from './layout';
import type { TensorFacts } from './exporter';
import type { ManifestTensor } from './manifest';

/** A JSON number, or a decimal string beyond 2^53. */
function jsonInteger(v: bigint): number | string {
  const n = Number(v);
  return Number.isSafeInteger(n) ? n : v.toString();
}

export function describeTensor(
  place: Pick<PlacedValue, 'file' | 'role'>,
  value: IntValue & Pick<IntConstant, 'coded'>,
  tensor: IntTensor,
): ManifestTensor {
  const { min, max } = rangeOf(tensor.data);
  return { ...tensorFacts(place, value, tensor), stats: { min: jsonInteger(min), max: jsonInteger(max) } };
}

/** All of it that costs nothing. */
export function tensorFacts(
  place: Pick<PlacedValue, 'file' | 'role'>,
  value: IntValue & Pick<IntConstant, 'coded'>,
  tensor: Pick<IntTensor, 'dtype' | 'shape'>,
): TensorFacts {
  const q = value.quant;
  return {
    file: place.file,
    role: place.role,
    dtype: tensor.dtype,
    bits: q ? q.bits : storageBits(tensor.dtype),
    signed: q ? q.signed : isSigned(tensor.dtype),
    shape: [...tensor.shape],
    scale: q ? (q.axis === undefined ? (q.scale[0] ?? 1) : Array.from(q.scale)) : 1,
    axis: q?.axis ?? null,
    zeroPoint: q?.zeroPoint ?? 0,
    ...(q ? { lo: q.lo, hi: q.hi } : {}),
    ...(value.whole ? { whole: true } : {}),
    ...(value.coded ? { codebook: { codes: value.coded.codes, table: value.coded.table, bits: value.coded.bits } } : {}),
  };
}
