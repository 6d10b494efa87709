/** Benches of softmax and layer normalization: whole rows, because every output depends on its row. */
import { memParams, type Bench } from './bench';
import { bitsOf, bitsOfBound, dims, type OpOf, type RtlContext } from './context';
import { broadcastStrides } from './strides';

/** A row counts as four rows of a product would: some of each tensor are seen also where rows are long. */
const ROWS_WEIGHT = 4;

const modes = ['divide', 'reciprocal', 'deferred'] as const;

export function softmaxBench(op: OpOf<'softmax'>, id: string, c: RtlContext): Bench {
  const x = c.memOf(op.inputs[0] as string); // the schema of a softmax has one
  const y = c.memOf(op.output);
  const { shape } = y.info;
  const { softmax } = op;
  const axis = (softmax.axis + shape.length) % shape.length;
  const length = shape[axis] as number;
  const sampled = c.sample(id, shape.with(axis, 1), ROWS_WEIGHT / length);
  const mask = softmax.mask === null ? undefined : c.memOf(softmax.mask);
  const params = {
    NAME: op.name,
    ...memParams('X', x),
    ...memParams('LUT', c.memOf(softmax.table)),
    ...(mask ? { ...memParams('MASK', mask), MASK_STRIDES: broadcastStrides(mask.info.shape, shape) } : {}),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(shape),
    ROWS: y.elements / length,
    LEN: length,
    INNER: shape.slice(axis + 1).reduce((a, b) => a * b, 1),
    MODE: modes.indexOf(softmax.mode),
    E_BITS: softmax.mode === 'deferred' ? 8 : 16,
  };
  return { module: 't2c_tb_softmax', params, outputs: y.elements, checked: sampled.checked * length, files: sampled.files };
}

export function layernormBench(op: OpOf<'layernorm'>, id: string, c: RtlContext): Bench {
  const x = c.memOf(op.inputs[0] as string); // the schema of a layer normalization has one
  const y = c.memOf(op.output);
  const { shape } = y.info;
  const a = op.layernorm;
  const rows = y.elements / a.C;
  const sampled = c.sample(id, [rows], ROWS_WEIGHT / a.C);
  const [lo, hi, zero] = [x.info.lo ?? 0, x.info.hi ?? 0, x.info.zeroPoint];
  const reach = a.rms ? a.C * Math.max(hi - zero, zero - lo) : (a.C - 1) * (hi - lo);
  const params = {
    NAME: op.name,
    ...memParams('X', x),
    ...memParams('G', c.memOf(a.G)),
    ...memParams('H', c.memOf(a.H)),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(shape),
    ...{ ROWS: rows, LEN: a.C, ZX: zero, E: BigInt(a.E), SHIFT: a.shift, T: a.t, F: a.f, K: a.k },
    ...{ RMS: a.rms ? 1 : 0, MODE: modes.indexOf(a.mode), ZY: a.zeroPoint, LO: a.lo, HI: a.hi, ROUNDING: c.rounding },
    // c needs what it reaches, and more than an element and its length
    C_BITS: Math.max(bitsOfBound(BigInt(reach)), bitsOfBound(BigInt(a.C)), x.info.bits + 2),
    V_BITS: a.boundBits - 1,
    G_BITS: bitsOf(c.infoOf(a.G)),
    H_BITS: bitsOf(c.infoOf(a.H)),
  };
  return { module: 't2c_tb_layernorm', params, outputs: y.elements, checked: sampled.checked * a.C, files: sampled.files };
}
