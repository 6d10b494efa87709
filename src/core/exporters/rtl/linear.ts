/** Benches of conv, gemm and matmul, whatever stands on their right; with a scale per token, or dividing for a softmax. */
import { StudioError } from '../../base/errors';
import { memParams, type Bench, type MemFile, type SvValue } from './bench';
import { bitsOf, bitsOfBound, dims, type OpOf, type RtlContext } from './context';

type LinearOp = OpOf<'conv'> | OpOf<'gemm' | 'matmul'>;

export function linearBench(op: LinearOp, id: string, c: RtlContext): Bench {
  const [first, second] = [op.inputs[0] as string, op.weight ?? (op.inputs[1] as string)]; // the manifest's schema has both
  const x = c.memAt(op.files.x1 ?? c.infoOf(first).file, first);
  const w = c.memAt(op.files.x2 ?? c.infoOf(second).file, second);
  const y = c.memOf(op.output);
  const { shape } = y.info;
  const sampled = c.sample(id, shape, 1);
  const { requant } = op;
  const params: Record<string, SvValue> = {
    NAME: op.name,
    VARIANT: requant.rowMul !== undefined ? 1 : 'deferred' in op && op.deferred ? 2 : 0,
    CONV: op.kind === 'conv' ? 1 : 0,
    ...memParams('X', x),
    ...memParams('W', w),
    ...memParams('MUL', c.memOf(requant.mul)),
    ...memParams('SHIFT', c.memOf(requant.shift)),
    ...memParams('ACC', c.memOf(op.acc)),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(shape),
    ZX: x.info.zeroPoint,
    ZW: op.weight === null ? w.info.zeroPoint : 0,
    ZY: requant.zeroPoint,
    LO: requant.lo,
    HI: requant.hi,
    ACC_BITS: op.accumulator.boundBits,
    MUL_BITS: bitsOf(c.infoOf(requant.mul)),
    ROUNDING: c.mulRounding,
    LIMIT: c.limit,
    S_BITS: sumBits(x),
    ...(op.bias === null ? {} : memParams('BIAS', c.memOf(op.bias))),
    ...(requant.rowMul === undefined ? {} : rowParams(op, requant.rowMul, c)),
    ...(op.kind === 'conv' ? convParams(op, x, w, shape) : matmulParams(op, x, w, shape)),
  };
  return { module: 't2c_tb_linear', params, outputs: y.elements, checked: sampled.checked, files: sampled.files };
}

/** Of the sum of a row of exponentials. */
function sumBits(x: MemFile): number {
  return bitsOfBound(BigInt(x.info.shape.at(-1) ?? 1) * ((1n << BigInt(x.info.bits)) - 1n));
}

function rowParams(op: LinearOp, rowMul: string, c: RtlContext): Record<string, SvValue> {
  const info = c.infoOf(rowMul);
  const bias = op.bias === null ? 0n : largest(c, op.bias);
  const total = BigInt(op.accumulator.bound) * largest(c, rowMul) + bias;
  return { ...memParams('ROW', c.memOf(rowMul)), ROW_BITS: bitsOf(info), TOTAL_BITS: bitsOfBound(total) };
}

function largest(c: RtlContext, value: string): bigint {
  const { stats } = c.infoOf(value);
  const [min, max] = [BigInt(stats.min), BigInt(stats.max)];
  return max > -min ? max : -min;
}

function convParams(op: OpOf<'conv'>, x: MemFile, w: MemFile, shape: readonly number[]): Record<string, SvValue> {
  const spatial = shape.length - 2;
  if (spatial < 1 || spatial > 2)
    throw new StudioError({ code: 'internal', what: 'A conv of other than 1 or 2 dimensions', where: { op: op.name } });
  // one dimension is the last of two
  const two = (list: readonly number[], fill: number): readonly [number, number] =>
    spatial === 1 ? [fill, list[0] ?? fill] : [list[0] ?? fill, list[1] ?? fill];
  const [SH, SW] = two(op.attrs.strides, 1);
  const [PH, PW] = two(op.attrs.pads, 0);
  const [DH, DW] = two(op.attrs.dilations, 1);
  const [KH, KW] = two(w.info.shape.slice(2), 1);
  const [IH, IW] = two(x.info.shape.slice(2), 1);
  const [OH, OW] = two(shape.slice(2), 1);
  const [IC, OC] = [x.info.shape[1] as number, shape[1] as number];
  return { IC, IH, IW, OC, OH, OW, GROUPS: op.attrs.group, KH, KW, SH, SW, PH, PW, DH, DW };
}

function matmulParams(op: OpOf<'gemm' | 'matmul'>, x: MemFile, w: MemFile, shape: readonly number[]): Record<string, SvValue> {
  const [xs, ws] = [x.info.shape, w.info.shape];
  const K = xs.at(-1) as number;
  const M = xs.length > 1 ? (xs.at(-2) as number) : 1;
  const N = ws.length === 1 ? 1 : (ws.at(op.attrs.transB === 1 ? -2 : -1) as number);
  const lead = shape.slice(0, shape.length - (xs.length > 1 ? 1 : 0) - (ws.length > 1 ? 1 : 0));
  return {
    ...{ M, N, K, TRANS_B: op.attrs.transB, LEAD: lead.length, LEAD_DIMS: lead },
    X_STRIDES: leadStrides(xs.slice(0, -2), lead, M * K),
    W_STRIDES: leadStrides(ws.slice(0, -2), lead, K * N),
  };
}

/** Elements that one step along each leading axis of the output moves the operand; 0 where it is broadcast. */
function leadStrides(own: readonly number[], lead: readonly number[], matrix: number): number[] {
  let step = matrix;
  const strides = lead.map(() => 0);
  for (let i = 1; i <= own.length; i++) {
    const extent = own.at(-i) as number;
    if (extent > 1) strides[lead.length - i] = step;
    step *= extent;
  }
  return strides;
}
