/** Benches of ops without a sum: add, sub, mul, requant, tables of functions. */
import { memParams, type Bench } from './bench';
import { bitsOf, bitsOfBound, CHEAP, dims, type OpOf, type RtlContext } from './context';
import { broadcastStrides } from './strides';

export function pairBench(op: OpOf<'add' | 'sub'> | OpOf<'mul'>, id: string, c: RtlContext): Bench {
  const [a, b] = [c.memOf(op.operands[0]), c.memOf(op.operands[1])];
  const y = c.memOf(op.output);
  const { shape } = y.info;
  const sampled = c.sample(id, shape, CHEAP);
  const params = {
    NAME: op.name,
    OP: op.kind === 'mul' ? 1 : 0,
    ...memParams('A', a),
    ...memParams('B', b),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(shape),
    A_STRIDES: broadcastStrides(a.info.shape, shape),
    B_STRIDES: broadcastStrides(b.info.shape, shape),
    ROUNDING: op.kind === 'mul' ? c.mulRounding : c.rounding,
    ...(op.kind === 'mul' ? mulParams(op, c) : addParams(op)),
  };
  return { module: 't2c_tb_pair', params, outputs: y.elements, checked: sampled.checked, files: sampled.files };
}

function addParams({ add }: OpOf<'add' | 'sub'>) {
  const largest = BigInt(Math.max(Math.abs(add.mulA), Math.abs(add.mulB)));
  return {
    ...{ ZA: add.zeroPointA, ZB: add.zeroPointB, ZY: add.zeroPoint, LO: add.lo, HI: add.hi },
    ...{ MUL_A: add.mulA, MUL_B: add.mulB, SHIFT: add.shift, MUL_BITS: Math.max(2, bitsOfBound(largest)) },
  };
}

function mulParams(op: OpOf<'mul'>, c: RtlContext) {
  const { requant, zeroPoints } = op;
  return {
    ...memParams('MUL', c.memOf(requant.mul)),
    ...memParams('SHIFT', c.memOf(requant.shift)),
    ...{ ZA: zeroPoints[0], ZB: zeroPoints[1], ZY: requant.zeroPoint, LO: requant.lo, HI: requant.hi },
    MUL_BITS: bitsOf(c.infoOf(requant.mul)),
  };
}

export function requantBench(op: OpOf<'requant'>, id: string, c: RtlContext): Bench {
  const { requant } = op;
  const x = c.memOf(op.inputs[0] as string); // the schema of a requant has one
  const y = c.memOf(op.output);
  const { shape } = y.info;
  const sampled = c.sample(id, shape, CHEAP);
  const params = {
    NAME: op.name,
    OP: 0,
    ...memParams('X', x),
    ...memParams('MUL', c.memOf(requant.mul)),
    ...memParams('SHIFT', c.memOf(requant.shift)),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(shape),
    CHANNELS: shape[1] ?? 1,
    CHANNEL_STRIDE: shape.slice(2).reduce((p, q) => p * q, 1),
    ...{ ZX: x.info.zeroPoint, ZY: requant.zeroPoint, LO: requant.lo, HI: requant.hi, ROUNDING: c.mulRounding },
    MUL_BITS: bitsOf(c.infoOf(requant.mul)),
  };
  return { module: 't2c_tb_unary', params, outputs: y.elements, checked: sampled.checked, files: sampled.files };
}

export function lutBench(op: OpOf<'lut'>, id: string, c: RtlContext): Bench {
  const y = c.memOf(op.output);
  const { shape } = y.info;
  const sampled = c.sample(id, shape, CHEAP);
  const params = {
    NAME: op.name,
    OP: 1,
    ...memParams('X', c.memOf(op.inputs[0] as string)), // the schema of a lut has one
    ...memParams('LUT', c.memOf(op.lut.table)),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(shape),
    OFFSET: op.lut.offset,
  };
  return { module: 't2c_tb_unary', params, outputs: y.elements, checked: sampled.checked, files: sampled.files };
}
