/**
 * LayerNormalization and RMSNormalization of integers, row by row, in the kernel (LayerNormOp says the formula). V has up
 * to 62 bits and is summed in int64; V < 2^62 means |c| * 2^f < 2^31, so that a dividend is below 2^52 and exact in
 * float64, and |u| <= 2^k. The last product is taken in float64 where it is exact whatever u is, else in int64.
 */
import { fitsFast, powerOfTwo } from '../../base/fixed-point';
import { StudioError } from '../../base/errors';
import type { IntConstant, IntegerModel, LayerNormOp } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { elementType } from './operands';
import { portion } from './part';
import { roundingMode } from './requantizer';
import { constantOf, newTensor, numbersOf, operandOf, zeroPointOf, type OpResult, type Run, type Tensors } from './tensors';

export function executeLayerNorm(op: LayerNormOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  const { kernel } = run;
  const a = op.layernorm;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const output = newTensor(model, op.output, run);
  const { C, shift } = a;
  const { plain, G, constants, scaled } = constantsOf(op, model);
  if (sizeOf(x.value.shape.slice(a.axis)) !== C || G.length !== C) {
    throw new StudioError({ code: 'bad-shape', what: 'A layer normalization has other rows than its input', where: { node: op.name } });
  }
  const rows = portion(x.data.length / C, run.part);
  if (rows.from === rows.to) return { output };
  const [from, to] = [rows.from * C, rows.to * C];
  kernel.reset();
  const target = kernel.room((to - from) * output.data.BYTES_PER_ELEMENT);
  kernel.layerNorm(
    ...[
      kernel.put(x.data.subarray(from, to)),
      elementType(x.data),
      rows.to - rows.from,
      C,
      a.rms ? 1 : 0,
      zeroPointOf(x.value),
      a.t,
      a.f,
      a.k,
    ],
    ...[a.mode === 'reciprocal' ? 1 : 0, kernel.put(constants), kernel.put(G), plain ? 1 : 0, kernel.put(scaled)],
    ...[shift, a.zeroPoint, a.lo, a.hi, roundingMode(model), kernel.room(4 * C), target, elementType(output.data)],
  );
  kernel.take(target, output.data.subarray(from, to));
  return { output };
}

/** The constants as the kernel reads them. */
interface Constants {
  /** What they were made of. */
  readonly of: readonly [IntConstant, IntConstant];
  readonly G: Int32Array;
  /** E, then H. */
  readonly constants: BigInt64Array;
  /** Is the last product exact in float64 whatever u is? */
  readonly plain: boolean;
  /** Four gains, then their four offsets. */
  readonly scaled: Float64Array;
}

/** Kept as long as the op is: a test set runs it a thousand times. */
const known = new WeakMap<LayerNormOp, Constants>();

function constantsOf(op: LayerNormOp, model: IntegerModel): Constants {
  const { k, shift, E } = op.layernorm;
  const gains = constantOf(model, op.layernorm.G);
  const offsets = constantOf(model, op.layernorm.H);
  const before = known.get(op);
  if (before?.of[0] === gains && before.of[1] === offsets) return before;
  const G = Int32Array.from(numbersOf(gains.data, op.layernorm.G));
  const H = Array.from(offsets.data as ArrayLike<number | bigint>, BigInt);
  const plain = G.every((g, i) => fitsFast(Math.abs(g) * powerOfTwo(k) + Math.abs(Number(H[i])), shift));
  const scaled = new Float64Array(8 * Math.ceil(G.length / 4));
  const down = powerOfTwo(-shift);
  G.forEach((g, i) => {
    const at = 8 * (i >> 2) + (i & 3);
    scaled[at] = g * down;
    scaled[at + 4] = Number(H[i]) * down;
  });
  const made: Constants = { of: [gains, offsets], G, constants: BigInt64Array.of(BigInt(E), ...H), plain, scaled };
  known.set(op, made);
  return made;
}
