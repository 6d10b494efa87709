/**
 * A one-op integer model for tests of the executor, filled with random integers, and the comparison of executor and slow
 * reading on every element.
 */
import { expect } from 'vitest';
import { quietContext } from '../../base/context';
import { createRng, type Rng } from '../../base/rng';
import type {
  Arithmetic,
  IntConstant,
  IntDType,
  IntegerModel,
  IntOp,
  IntTensor,
  IntValue,
  QuantInfo,
  Requant,
  Rounding,
} from '../../ir/integer-model';
import { newStorage, smallestDType } from '../../quant/affine';
import { expectTraced } from '../../analysis/trace/traced.fixture';
import { execute, executeOp } from '../execute';
import { withKernel } from '../../kernel/kernel';
import { hasParts } from '../team/in-parts';
import { runOp } from './run-op';
import { numbersOf } from './tensors';
import { slowOp, type Slow } from './slow.fixture';

const modes: readonly Rounding[] = ['half-up', 'half-even', 'half-away', 'floor'];
export const size = (d: readonly number[]): number => d.reduce((a, b) => a * b, 1);

/** A one-op model under construction: values and constants with random integers, extremes included. */
export class Bench {
  readonly rng: Rng;
  readonly values = new Map<string, IntValue>();
  readonly constants = new Map<string, IntConstant>();
  readonly tensors = new Map<string, IntTensor>();
  readonly mode: Rounding;

  /** `arithmetic`: what differs from one rounding of normalized multipliers. */
  constructor(
    seed: number,
    private readonly arithmetic: Partial<Arithmetic> = {},
  ) {
    this.rng = createRng(seed);
    this.mode = modes[seed % 4] as Rounding;
  }

  quant(bits = 8): QuantInfo {
    const signed = this.rng.int(0, 1) === 1;
    const lo = signed ? -(2 ** (bits - 1)) : 0;
    const hi = lo + 2 ** bits - 1;
    const zeroPoint = this.rng.int(0, 2) === 0 ? 0 : this.rng.int(lo, hi);
    return { bits, signed, scale: Float32Array.of(0.1), axis: undefined, zeroPoint, lo, hi };
  }

  private fill(dtype: IntDType, shape: readonly number[], lo: number, hi: number): Int8Array {
    const data = newStorage(dtype, size(shape)) as Int8Array;
    const kind = this.rng.int(0, 9);
    for (let i = 0; i < data.length; i++) data[i] = kind === 0 ? hi : kind === 1 ? lo : this.rng.int(lo, hi);
    return data;
  }

  input(name: string, shape: readonly number[], bits = 8): QuantInfo {
    const quant = this.quant(bits);
    const dtype = smallestDType(quant.lo, quant.hi);
    this.values.set(name, { name, dtype, shape, quant });
    this.tensors.set(name, { dtype, shape, data: this.fill(dtype, shape, quant.lo, quant.hi) });
    return quant;
  }

  constant(name: string, shape: readonly number[], lo: number, hi: number, data?: ArrayLike<number>): string {
    const dtype = smallestDType(lo, hi);
    const storage = newStorage(dtype, size(shape)) as Int8Array;
    if (data) storage.set(data);
    const quant: QuantInfo = { bits: 8, signed: lo < 0, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo, hi };
    this.constants.set(name, { name, dtype, shape, quant, data: data ? storage : this.fill(dtype, shape, lo, hi) });
    return name;
  }

  output(shape: readonly number[], quant = this.quant(this.rng.int(0, 3) === 0 ? 16 : 8)): QuantInfo {
    this.values.set('y', { name: 'y', dtype: smallestDType(quant.lo, quant.hi), shape, quant });
    this.values.set('acc', { name: 'acc', dtype: 'int32', shape, quant: undefined });
    return quant;
  }

  /** Multipliers that bring accumulators of about `reach` into range; ties are common at small shifts. */
  requant(channels: number, out: QuantInfo, reach: number): Requant {
    const wide = this.rng.int(0, 3) === 0;
    const shifts = Array.from({ length: channels }, () => (wide ? this.rng.int(40, 62) : this.rng.int(0, 12)));
    const muls = shifts.map((n) => (wide ? this.rng.int(-(2 ** 31) + 1, 2 ** 31 - 1) : Math.max(1, Math.round((2 ** n * 200) / reach))));
    const shape = channels === 1 ? [] : [channels];
    return {
      mul: this.constant('mul', shape, -(2 ** 31), 2 ** 31 - 1, muls),
      shift: this.constant('shift', shape, 0, 62, shifts),
      zeroPoint: out.zeroPoint,
      lo: this.rng.int(0, 1) === 0 ? out.lo : out.zeroPoint,
      hi: out.hi,
    };
  }

  model(ops: readonly IntOp[] = []): IntegerModel {
    return {
      arithmetic: { rounding: this.mode, multiplier: { kind: 'normalized', bits: 16 }, ...this.arithmetic },
      inputs: [...this.tensors.keys()],
      outputs: ['y'],
      values: this.values,
      constants: this.constants,
      ops,
      islands: [],
    };
  }

  /** All parts of the op, the last first, each with a kernel whose memory has something else in it. */
  private async inParts(op: IntOp, model: IntegerModel, count: number, wanted: boolean): Promise<{ output: IntTensor; acc?: IntTensor }> {
    const { dtype, shape } = this.values.get('y') as IntValue;
    const output = newStorage(dtype, size(shape));
    const acc = wanted ? new Int32Array(size(shape)) : undefined;
    for (let index = count - 1; index >= 0; index--) {
      const part = { index, count, output: numbersOf(output, 'y'), acc };
      await withKernel((kernel) => runOp(op, this.tensors, model, quietContext(), { kernel, acc: true, pool: undefined, part }));
    }
    return { output: { dtype, shape, data: output }, ...(acc ? { acc: { dtype: 'int32', shape, data: acc } as const } : {}) };
  }

  /** The executor and the slow reading agree on every element of accumulator and output, and so do traces of some. */
  async check(op: IntOp): Promise<void> {
    const model = this.model([op]);
    const slow = new Map<string, Slow>();
    for (const [name, t] of this.tensors)
      slow.set(name, { shape: t.shape, data: Array.from(t.data as ArrayLike<number>, (v) => BigInt(v)) });
    const want = slowOp(op, slow, model);
    const got = await executeOp(op, this.tensors, model);
    expect([...got.output.shape]).toEqual([...want.output.shape]);
    expect(Array.from(got.output.data as ArrayLike<number>, BigInt)).toEqual(want.output.data);
    if (want.acc) {
      expect([...(got.acc as IntTensor).shape]).toEqual([...want.acc.shape]);
      expect(Array.from((got.acc as IntTensor).data as ArrayLike<number>, BigInt)).toEqual(want.acc.data);
    }
    const known = new Map([...this.tensors, ['y', got.output] as const, ...(got.acc ? [['acc', got.acc] as const] : [])]);
    expectTraced(op, model, known, { most: 12, widths: false });
    if (hasParts(op)) for (const count of [2, 3, 8]) expect(await this.inParts(op, model, count, got.acc !== undefined)).toEqual(got);
    const whole = await execute(model, this.tensors, { keep: 'all' }, quietContext());
    expect(whole.get('y')?.data).toEqual(got.output.data);
    const outputs = await execute(model, this.tensors, { keep: 'outputs' }, quietContext());
    expect([...outputs.keys()]).toEqual(['y']);
  }
}

export const base = { name: 'op', source: ['op'], inputs: ['x'], output: 'y', macs: 0 } as const;
export const accumulator = { bound: '0', boundBits: 32 };
export const seeds = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
