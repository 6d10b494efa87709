/**
 * LayerNormalization and RMSNormalization of integers, row by row, in the kernel (LayerNormOp says the formula). V has up
 * to 62 bits and is summed in int64; V < 2^62 means |c| * 2^f < 2^31, so that a dividend is below 2^52 and exact in
 * float64, and |u| <= 2^k. The last product is taken in float64 where it is exact whatever u is, else in int64.
 */
import { fitsFast, powerOfTwo } from '../../base/fixed-point';
import { StudioError } from '../../base/errors';
import type { IntegerModel, LayerNormOp } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { elementType } from '../kernel/operands';
import { roundingMode } from '../kernel/requantizer';
import { constantOf, newTensor, numbersOf, operandOf, zeroPointOf, type OpResult, type Run, type Tensors } from './tensors';

export function executeLayerNorm(op: LayerNormOp, tensors: Tensors, model: IntegerModel, { kernel }: Run): OpResult {
  const a = op.layernorm;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const output = newTensor(model, op.output);
  const { C, k, shift } = a;
  const G = Int32Array.from(numbersOf(constantOf(model, a.G).data, a.G));
  const H = BigInt64Array.from(Array.from(constantOf(model, a.H).data as ArrayLike<number | bigint>, BigInt));
  if (sizeOf(x.value.shape.slice(a.axis)) !== C || G.length !== C) {
    throw new StudioError({ code: 'bad-shape', what: 'A layer normalization has other rows than its input', where: { node: op.name } });
  }
  const plain = G.every((g, i) => fitsFast(Math.abs(g) * powerOfTwo(k) + Math.abs(Number(H[i])), shift));
  const scaled = new Float64Array(2 * 4 * Math.ceil(C / 4));
  const down = powerOfTwo(-shift);
  // four gains, then their four offsets
  G.forEach((g, i) => {
    const at = 8 * (i >> 2) + (i & 3);
    scaled[at] = g * down;
    scaled[at + 4] = Number(H[i]) * down;
  });
  kernel.reset();
  const target = kernel.room(output.data.byteLength);
  kernel.layerNorm(
    ...[kernel.put(x.data), elementType(x.data), x.data.length / C, C, a.rms ? 1 : 0, zeroPointOf(x.value), a.t, a.f, k],
    ...[a.mode === 'reciprocal' ? 1 : 0, kernel.put(BigInt64Array.of(BigInt(a.E), ...H)), kernel.put(G), plain ? 1 : 0, kernel.put(scaled)],
    ...[shift, a.zeroPoint, a.lo, a.hi, roundingMode(model), kernel.room(4 * C), target, elementType(output.data)],
  );
  kernel.take(target, output.data);
  return { output };
}
