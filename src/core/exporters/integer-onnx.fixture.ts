/**
 * Random integer models of one op for tests, with bounds proved from their integers as `lower` would: every bit width,
 * rounding, kind of zero point, and multipliers that use the whole of 64 bits now and then. And the comparison: every
 * tensor that the exact executor makes against the one that ONNX Runtime makes.
 */
import { expect } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import type { NamedTensor } from '../../engine/ports';
import { quietContext } from '../base/context';
import { createRng, type Rng } from '../base/rng';
import { execute } from '../integer/execute';
import type { IntConstant, IntegerModel, IntOp, IntTensor, IntValue, QuantInfo, Requant, Rounding } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { dequantizeAffine, newStorage, smallestDType } from '../quant/affine';
import { integerOnnx } from './integer-onnx';
import { fileType, integerTensorNames } from './integer-onnx-graph';

const modes: readonly Rounding[] = ['half-up', 'half-even', 'half-away', 'floor'];
const runner = nodeRunner();

/** Integers for every input: random, or all at one end. */
export function randomInputs(model: IntegerModel, rng: Rng): Map<string, IntTensor> {
  return new Map(
    model.inputs.map((name) => {
      const v = model.values.get(name);
      if (!v?.quant) throw new Error(name);
      const { lo, hi } = v.quant;
      const data = newStorage(v.dtype, sizeOf(v.shape)) as Int8Array;
      const kind = rng.int(0, 7);
      for (let i = 0; i < data.length; i++)
        data[i] = kind === 0 ? hi : kind === 1 ? lo : kind === 2 ? rng.int(0, 1) * (hi - lo) + lo : rng.int(lo, hi);
      return [name, { dtype: v.dtype, shape: v.shape, data }];
    }),
  );
}

/** Runs the exported file as it is: every tensor equals the executor's. Then optimised: inputs and outputs do. */
export async function compareWithExecutor(model: IntegerModel, inputs: ReadonlyMap<string, IntTensor>): Promise<void> {
  const want = await execute(model, inputs, { keep: 'all' }, quietContext());
  const names = integerTensorNames(model);
  const bytes = integerOnnx(model, 'm');
  const watched = [...names.values()].map((name) => ({ name: name as ValueName, dtype: 'int32' as const, shape: undefined }));
  const feeds = [...inputs].map(([name, t]): NamedTensor => {
    const { quant, whole } = model.values.get(name) as IntValue;
    if (whole) return { name, dtype: 'int64', shape: t.shape, data: BigInt64Array.from(t.data as Int32Array, BigInt) };
    const q = quant as QuantInfo;
    return { name, dtype: 'float32', shape: t.shape, data: dequantizeAffine(t.data as Int8Array, q) };
  });
  const real = model.outputs.filter((o) => !model.inputs.includes(o));
  const ends = [...names.keys()].filter((n) => model.outputs.includes(n));
  for (const { exact, values } of [
    { exact: true, values: [...names.keys()] },
    // without extra outputs, which would keep the runtime from fusing anything
    { exact: false, values: ends },
  ]) {
    const session = await runner.load(exact ? withExtraOutputs(bytes, watched) : bytes, { provider: 'wasm', exact });
    const got = await session.run(feeds, [...values.map((v) => names.get(v) as string), ...real]);
    await session.close();
    values.forEach((value, i) => {
      const [a, b] = [got[i], want.get(value)];
      expect([a?.dtype, [...(a?.shape ?? [])]], value).toEqual([b && fileType(b.dtype), [...(b?.shape ?? [])]]);
      expect(firstDifference(a?.data as Int8Array, b?.data as Int8Array), `${value}, optimised: ${!exact}`).toBeUndefined();
    });
    real.forEach((name, i) => {
      const numbers = dequantizeAffine(want.get(name)?.data as Int8Array, model.values.get(name)?.quant as QuantInfo);
      expect(firstDifference(got[values.length + i]?.data as Float32Array, numbers), name).toBeUndefined();
    });
  }
}

/** Compared as numbers: -0 is 0. */
function firstDifference(got: ArrayLike<number>, want: ArrayLike<number>): string | undefined {
  if (got.length !== want.length) return `${got.length} elements, not ${want.length}`;
  for (let i = 0; i < want.length; i++) if (got[i] !== want[i]) return `at ${i}: ${got[i]}, not ${want[i]}`;
  return undefined;
}

export const opBase = { name: 'op', source: ['op'], inputs: ['x'], output: 'y', macs: 0 } as const;

/** A model of one op under construction. */
export class OneOp {
  readonly rng: Rng;
  readonly values = new Map<string, IntValue>();
  readonly constants = new Map<string, IntConstant>();
  readonly inputs: string[] = [];
  private readonly rounding: Rounding;

  constructor(readonly seed: number) {
    this.rng = createRng(seed);
    this.rounding = modes[seed % 4] as Rounding;
  }

  quant(bits: number): QuantInfo {
    const signed = this.rng.int(0, 1) === 1;
    const lo = signed ? -(2 ** (bits - 1)) + (this.rng.int(0, 3) === 0 ? 1 : 0) : 0;
    const hi = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
    const kind = this.rng.int(0, 4);
    const zeroPoint = kind === 0 ? lo : kind === 1 ? hi : kind === 2 ? this.rng.int(lo, hi) : Math.max(0, lo);
    return { bits, signed, scale: Float32Array.of(this.rng.uniform() + 0.01), axis: undefined, zeroPoint, lo, hi };
  }

  input(name: string, shape: readonly number[], bits = this.rng.int(2, 8)): QuantInfo {
    const quant = this.quant(bits);
    this.values.set(name, { name, dtype: smallestDType(quant.lo, quant.hi), shape, quant });
    this.inputs.push(name);
    return quant;
  }

  constant(name: string, shape: readonly number[], quant: QuantInfo, data?: ArrayLike<number>): string {
    const dtype = smallestDType(quant.lo, quant.hi);
    const storage = newStorage(dtype, sizeOf(shape)) as Int32Array;
    const extreme = this.rng.int(0, 5) === 0;
    for (let i = 0; i < storage.length; i++) {
      storage[i] = data
        ? (data[i] as number)
        : extreme
          ? this.rng.int(0, 1) === 0
            ? quant.lo
            : quant.hi
          : this.rng.int(quant.lo, quant.hi);
    }
    this.constants.set(name, { name, dtype, shape, quant, data: storage });
    return name;
  }

  weight(name: string, shape: readonly number[]): string {
    const bits = this.rng.int(2, 8);
    const hi = 2 ** (bits - 1) - 1;
    return this.constant(name, shape, {
      bits,
      signed: true,
      scale: Float32Array.of(1),
      axis: undefined,
      zeroPoint: 0,
      lo: this.rng.int(0, 1) - hi - 1,
      hi,
    });
  }

  bias(channels: number): string | undefined {
    if (this.rng.int(0, 2) === 0) return undefined;
    const most = 2 ** this.rng.int(4, 29);
    const q: QuantInfo = { bits: 32, signed: true, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo: -most, hi: most };
    const data = Array.from({ length: channels }, () => this.rng.int(-most, most));
    const storage = Int32Array.from(data);
    this.constants.set('bias', { name: 'bias', dtype: 'int32', shape: [channels], quant: q, data: storage });
    return 'bias';
  }

  output(shape: readonly number[], quant = this.quant(this.rng.int(0, 2) === 0 ? 16 : this.rng.int(2, 12))): QuantInfo {
    this.values.set('y', { name: 'y', dtype: smallestDType(quant.lo, quant.hi), shape, quant });
    return quant;
  }

  accumulator(shape: readonly number[]): 'acc' {
    this.values.set('acc', { name: 'acc', dtype: 'int32', shape, quant: undefined });
    return 'acc';
  }

  magnitude(name: string): number {
    const q = (this.values.get(name) ?? this.constants.get(name))?.quant as QuantInfo;
    return Math.max(q.hi - q.zeroPoint, q.zeroPoint - q.lo);
  }

  /** The largest |acc| of a layer: `inner` consecutive weights belong to a channel, or every `columns`-th. */
  bound(x: string, weight: string, bias: string | undefined, channelOf: (i: number) => number): bigint {
    const sums: number[] = [];
    Array.from(this.constants.get(weight)?.data as Int8Array).forEach((w, i) => {
      sums[channelOf(i)] = (sums[channelOf(i)] ?? 0) + Math.abs(w) * this.magnitude(x);
    });
    const rows = this.constants.get(bias ?? '')?.data as Int32Array | undefined;
    return BigInt(sums.reduce((most, s, c) => Math.max(most, s + Math.abs(rows?.[c] ?? 0)), 0));
  }

  /** Multipliers that bring |acc| <= bound into range (ties are common at small shifts), or that fill 63 bits. */
  requant(channels: number, out: QuantInfo, bound: bigint): Requant {
    const one = (): { M: number; n: number } => {
      const style = this.rng.int(0, 4);
      if (style === 0) return { M: 1, n: this.rng.int(0, 12) };
      if (style === 1) return { M: 0, n: 0 };
      if (style === 2) return { M: this.rng.int(-(2 ** 31) + 1, 2 ** 31 - 1), n: this.rng.int(30, 62) };
      const n = this.rng.int(0, 30);
      return { M: Math.max(1, Math.round(((2 ** n * (out.hi - out.lo)) / (Number(bound) + 1)) * this.rng.uniform() * 1.5)), n };
    };
    const fits = ({ M, n }: { M: number; n: number }): boolean =>
      Math.abs(M) < 2 ** 31 && bound * BigInt(Math.abs(M)) + (n > 0 ? 1n << BigInt(n - 1) : 0n) < 1n << 63n;
    const all = Array.from({ length: channels }, () => {
      for (;;) {
        const m = one();
        if (fits(m)) return m;
      }
    });
    const shape = channels === 1 ? [] : [channels];
    this.constants.set('mul', { name: 'mul', dtype: 'int32', shape, quant: undefined, data: Int32Array.from(all, (m) => m.M) });
    this.constants.set('shift', { name: 'shift', dtype: 'uint8', shape, quant: undefined, data: Uint8Array.from(all, (m) => m.n) });
    return {
      mul: 'mul',
      shift: 'shift',
      zeroPoint: out.zeroPoint,
      lo: this.rng.int(0, 1) === 0 ? out.lo : out.zeroPoint,
      hi: out.hi,
    };
  }

  model(op: IntOp): IntegerModel {
    return {
      arithmetic: { rounding: this.rounding, multiplier: { kind: 'normalized', bits: 16 } },
      inputs: this.inputs,
      outputs: ['y'],
      values: this.values,
      constants: this.constants,
      ops: [op],
      islands: [],
    };
  }

  async check(op: IntOp): Promise<void> {
    const model = this.model(op);
    await compareWithExecutor(model, randomInputs(model, this.rng));
  }
}
