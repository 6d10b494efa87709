/** Benches of pools and of means over axes: both are windows over all axes of the input. */
import { memParams, type Bench, type MemFile, type SvValue } from './bench';
import { bitsOf, CHEAP, dims, type OpOf, type RtlContext } from './context';

interface Window {
  /** Extents of the output, with 1 for an axis that was reduced away. */
  readonly OUT: readonly number[];
  readonly KERNEL: readonly number[];
  readonly STRIDES: readonly number[];
  readonly PADS: readonly number[];
  readonly DILATIONS: readonly number[];
}

export function poolBench(op: OpOf<'pool'>, id: string, c: RtlContext): Bench {
  const x = c.memOf(op.inputs[0] as string); // the schema of a pool has one
  const { kernel, strides, pads, dilations } = op.pool;
  const rest = x.info.shape.length - kernel.length;
  const wide = (list: readonly number[], fill: number): number[] => [...new Array<number>(rest).fill(fill), ...list];
  const window = {
    OUT: c.infoOf(op.output).shape,
    KERNEL: wide(kernel, 1),
    STRIDES: wide(strides, 1),
    PADS: wide(pads.slice(0, kernel.length), 0),
    DILATIONS: wide(dilations, 1),
  };
  return windowBench(op, id, x, window, op.pool.kind === 'max', c);
}

export function reduceBench(op: OpOf<'reduce'>, id: string, c: RtlContext): Bench {
  const x = c.memOf(op.inputs[0] as string); // the schema of a reduce has one
  const { shape } = x.info;
  const axes = op.attrs.axes.map((axis) => (axis < 0 ? axis + shape.length : axis));
  const one = shape.map(() => 1);
  const window = {
    OUT: shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
    KERNEL: shape.map((extent, axis) => (axes.includes(axis) ? extent : 1)),
    STRIDES: one,
    PADS: one.map(() => 0),
    DILATIONS: one,
  };
  return windowBench(op, id, x, window, false, c);
}

function windowBench(op: OpOf<'pool'> | OpOf<'reduce'>, id: string, x: MemFile, window: Window, isMax: boolean, c: RtlContext): Bench {
  const y = c.memOf(op.output);
  const { shape } = y.info;
  const taps = window.KERNEL.reduce((a, b) => a * b, 1);
  // a wide window costs what a product does
  const sampled = c.sample(id, shape, taps < CHEAP ? CHEAP : 1);
  const params: Record<string, SvValue> = {
    NAME: op.name,
    OP: isMax ? 1 : 0,
    ...memParams('X', x),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(shape),
    AXES: x.info.shape.length,
    IN: x.info.shape,
    ...window,
    TAPS: taps,
    ZX: x.info.zeroPoint,
    X_LO: x.info.lo ?? 0,
    ...averageParams(op, c),
  };
  return { module: 't2c_tb_window', params, outputs: y.elements, checked: sampled.checked, files: sampled.files };
}

function averageParams(op: OpOf<'pool'> | OpOf<'reduce'>, c: RtlContext): Record<string, SvValue> {
  const { requant, acc, accumulator } = op;
  if (!requant || acc === undefined || !accumulator) return {};
  return {
    ...memParams('MUL', c.memOf(requant.mul)),
    ...memParams('SHIFT', c.memOf(requant.shift)),
    ...memParams('ACC', c.memOf(acc)),
    ...(op.kind === 'pool' && op.index !== undefined ? memParams('INDEX', c.memOf(op.index)) : {}),
    ...{ ZY: requant.zeroPoint, LO: requant.lo, HI: requant.hi, ROUNDING: c.mulRounding, LIMIT: c.limit },
    ACC_BITS: Math.max(2, accumulator.boundBits),
    MUL_BITS: bitsOf(c.infoOf(requant.mul)),
  };
}
