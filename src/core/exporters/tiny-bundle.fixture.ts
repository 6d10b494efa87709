/**
 * A small integer model for tests with every kind of op, built by hand; its tensors come from the slow BigInt
 * reading of the formulas, not from the executor. Also: its bundle as files, and how to plant a fault in it.
 */
import { quietContext } from '../base/context';
import { sha256Hex } from '../base/hash';
import { utf8Decode, utf8Encode } from '../base/bytes';
import { createRng } from '../base/rng';
import { readNpy, writeNpy } from '../base/npy';
import { slowOp, type Slow } from '../integer/execute/slow.fixture';
import type { IntConstant, IntDType, IntegerModel, IntOp, IntTensor, IntValue, QuantInfo, Requant, Rounding } from '../ir/integer-model';
import { newStorage } from '../quant/affine';
import { defaultRecipe } from '../recipe/recipe';
import { bundleFiles } from './bundle';
import type { Exporter } from './exporter';
import { bytesOfFile, type BundleInput } from './bundle-input';
import { parseManifest } from './manifest';

const product = (d: readonly number[]): number => d.reduce((a, b) => a * b, 1);

const unsigned: QuantInfo = { bits: 8, signed: false, scale: Float32Array.of(0.1), axis: undefined, zeroPoint: 7, lo: 0, hi: 255 };
const signed: QuantInfo = { bits: 8, signed: true, scale: Float32Array.of(0.3), axis: undefined, zeroPoint: -3, lo: -128, hi: 127 };
const wide: QuantInfo = { bits: 16, signed: true, scale: Float32Array.of(0.01), axis: undefined, zeroPoint: 0, lo: -32768, hi: 32767 };
const narrow: QuantInfo = { bits: 5, signed: true, scale: Float32Array.of(0.7), axis: undefined, zeroPoint: 2, lo: -16, hi: 15 };

export function tinyModel(rounding: Rounding = 'half-up'): { model: IntegerModel; tensors: ReadonlyMap<string, IntTensor> } {
  const rng = createRng(5);
  const values = new Map<string, IntValue>();
  const constants = new Map<string, IntConstant>();
  const ops: IntOp[] = [];

  const value = (
    name: string,
    shape: readonly number[],
    quant: QuantInfo | undefined,
    dtype: IntDType = quant === wide ? 'int16' : quant?.signed === false ? 'uint8' : 'int8',
  ): string => {
    values.set(name, { name, dtype, shape, quant });
    return name;
  };
  const constant = (name: string, dtype: IntDType, shape: readonly number[], fill: () => number, quant?: QuantInfo): string => {
    const data = newStorage(dtype, product(shape)) as Int32Array; // none is 64-bit here
    for (let i = 0; i < data.length; i++) data[i] = fill();
    constants.set(name, { name, dtype, shape, quant, data });
    return name;
  };
  const weight = (name: string, shape: readonly number[], axis: number, bits = 8): string => {
    const top = 2 ** (bits - 1) - 1;
    const scale = Float32Array.from({ length: shape[axis] as number }, () => rng.int(1, 99) / 1000);
    return constant(name, 'int8', shape, () => rng.int(-top, top), { bits, signed: true, scale, axis, zeroPoint: 0, lo: -top, hi: top });
  };
  const requant = (stem: string, count: number | undefined, q: QuantInfo, shift: number, lo = q.lo): Requant => ({
    mul: constant(`${stem}_mul`, 'int32', count === undefined ? [] : [count], () => rng.int(16384, 32767)),
    shift: constant(`${stem}_shift`, 'uint8', count === undefined ? [] : [count], () => rng.int(shift - 1, shift)),
    zeroPoint: q.zeroPoint,
    lo,
    hi: q.hi,
  });
  const acc = (stem: string, shape: readonly number[]): string => value(`${stem}_y`, shape, undefined, 'int32');
  const base = (name: string, inputs: readonly string[], output: string) => ({ name, source: [`/${name}`], inputs, output, macs: 1 });
  const proof = { bound: '2000000000', boundBits: 32 };

  value('image', [1, 3, 7, 6], unsigned);
  ops.push({
    ...base('layer1.0.conv1', ['image'], value('/conv1/out', [1, 4, 4, 3], unsigned)),
    kind: 'conv',
    weight: weight('layer1.0.conv1_x2', [4, 3, 3, 3], 0),
    bias: constant('layer1.0.conv1_bias', 'int32', [4], () => rng.int(-9000, 9000)),
    attrs: { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 },
    requant: requant('layer1.0.conv1', 4, unsigned, 23, 7),
    acc: acc('layer1.0.conv1', [1, 4, 4, 3]),
    accumulator: proof,
  });
  ops.push({
    ...base('dw', ['/conv1/out'], value('dw', [1, 8, 4, 1], signed)),
    kind: 'conv',
    weight: weight('dw_x2', [8, 1, 3, 2], 0, 4),
    bias: undefined,
    attrs: { strides: [1, 2], pads: [2, 0, 2, 0], dilations: [2, 1], group: 4 },
    requant: requant('dw', undefined, signed, 19),
    acc: acc('dw', [1, 8, 4, 1]),
    accumulator: proof,
  });
  ops.push({
    ...base('act', ['dw'], value('act', [1, 8, 4, 1], signed)),
    kind: 'lut',
    lut: { table: constant('act_lut', 'int8', [256], () => rng.int(-128, 127), signed), offset: -128, fn: 'random' },
  });
  ops.push({
    ...base('narrow.rq5', ['act'], value('act.rq5', [1, 8, 4, 1], narrow)),
    kind: 'requant',
    requant: requant('narrow.rq5', undefined, narrow, 17),
  });
  const pool = { kernel: [2, 2], strides: [1, 2], pads: [1, 0, 0, 1], dilations: [1, 1], ceilMode: 0, countIncludePad: 0 } as const;
  ops.push({
    ...base('maxpool', ['/conv1/out'], value('max', [1, 4, 4, 2], unsigned)),
    kind: 'pool',
    pool: { kind: 'max', ...pool },
    requant: undefined,
    index: undefined,
    acc: undefined,
    accumulator: undefined,
  });
  ops.push({
    ...base('avgpool', ['/conv1/out'], value('avg', [1, 4, 4, 2], unsigned)),
    kind: 'pool',
    pool: { kind: 'avg', ...pool },
    requant: requant('avgpool', 2, unsigned, 16),
    index: constant('avgpool_index', 'uint8', [4, 2], () => rng.int(0, 1)),
    acc: acc('avgpool', [1, 4, 4, 2]),
    accumulator: proof,
  });
  const add = { mulA: 20011, mulB: 17001, shift: 15, zeroPointA: 7, zeroPointB: 7, zeroPoint: 7, lo: 0, hi: 255 };
  ops.push({ ...base('add', ['max', 'avg'], value('sum', [1, 4, 4, 2], unsigned)), kind: 'add', operands: ['max', 'avg'], add });
  const table = { bits: 8, signed: true, scale: Float32Array.of(0.2), axis: undefined, zeroPoint: 0, lo: -127, hi: 127 };
  const shiftBy = constant('sub_x2', 'int8', [4, 1, 1], () => rng.int(-127, 127), table);
  ops.push({
    ...base('sub', ['sum'], value('moved', [1, 4, 4, 2], unsigned)),
    kind: 'sub',
    operands: ['sum', shiftBy],
    add: { ...add, mulB: -9001, zeroPointB: 0 },
  });
  ops.push({
    ...base('mul', ['moved', 'max'], value('product', [1, 4, 4, 2], signed)),
    kind: 'mul',
    operands: ['moved', 'max'],
    zeroPoints: [7, 7],
    requant: requant('mul', undefined, signed, 22),
  });
  ops.push({
    ...base('pad', ['product'], value('padded', [1, 4, 5, 2], signed)),
    kind: 'pad',
    attrs: { pads: [0, 0, 1, 0, 0, 0, 0, 0], value: -3, mode: 'constant' },
  });
  ops.push({
    ...base('slice', ['padded'], value('part', [1, 4, 3, 2], signed)),
    kind: 'slice',
    attrs: { starts: [-1], ends: [-1000], axes: [2], steps: [-2] },
  });
  ops.push({ ...base('transpose', ['act'], value('turned', [1, 4, 8, 1], signed)), kind: 'transpose', attrs: { perm: [0, 2, 1, 3] } });
  const extra = constant('concat_x2', 'int8', [1, 4, 3, 1], () => rng.int(-128, 127), signed);
  ops.push({
    ...base('concat', ['part', 'part'], value('joined', [1, 4, 3, 5], signed)),
    kind: 'concat',
    attrs: { axis: 3 },
    operands: ['part', extra, 'part'],
  });
  ops.push({
    ...base('gather', ['joined'], value('picked', [1, 4, 3, 3], signed)),
    kind: 'gather',
    attrs: { axis: 3, indices: constant('gather_indices', 'int8', [3], () => rng.int(-5, 4)) },
  });
  ops.push({
    ...base('mean', ['picked'], value('means', [1, 4, 1, 3], signed)),
    kind: 'reduce',
    attrs: { axes: [2], keepdims: 1 },
    requant: requant('mean', undefined, signed, 16),
    acc: acc('mean', [1, 4, 1, 3]),
    accumulator: proof,
  });
  ops.push({ ...base('expand', ['means'], value('grown', [1, 4, 8, 3], signed)), kind: 'expand', attrs: {} });
  ops.push({
    ...base('attn.qk', ['turned', 'grown'], value('scores', [1, 4, 1, 3], signed)),
    kind: 'matmul',
    weight: undefined,
    bias: undefined,
    attrs: { transB: 0 },
    requant: requant('attn.qk', undefined, signed, 20),
    acc: acc('attn.qk', [1, 4, 1, 3]),
    accumulator: proof,
  });
  // the left operand of attn.qk is [1, 4, 1, 8]
  ops.splice(
    ops.findIndex((o) => o.name === 'attn.qk'),
    0,
    { ...base('reshape', ['turned'], value('rows', [1, 4, 1, 8], signed)), kind: 'reshape', attrs: {} },
  );
  const qk = ops.findIndex((o) => o.name === 'attn.qk');
  ops[qk] = { ...(ops[qk] as IntOp), inputs: ['rows', 'grown'] };
  ops.push({ ...base('flatten', ['scores'], value('flat', [1, 12], signed)), kind: 'reshape', attrs: {} });
  ops.push({
    ...base('fc', ['flat'], value('logits', [1, 5], wide)),
    kind: 'gemm',
    weight: weight('fc_x2', [5, 12], 0),
    bias: constant('fc_bias', 'int32', [5], () => rng.int(-5000, 5000)),
    attrs: { transB: 1 },
    requant: requant('fc', 5, wide, 17),
    acc: acc('fc', [1, 5]),
    accumulator: proof,
  });

  const model: IntegerModel = {
    arithmetic: { rounding, multiplier: { kind: 'normalized', bits: undefined } },
    inputs: ['image'],
    outputs: ['logits'],
    values,
    constants,
    ops,
    islands: [],
  };
  return { model, tensors: slowRun(model, { image: Array.from({ length: 126 }, () => BigInt(rng.int(0, 255))) }) };
}

/** Every tensor of the model by the slow reading. */
export function slowRun(model: IntegerModel, inputs: Readonly<Record<string, bigint[]>>): ReadonlyMap<string, IntTensor> {
  const slow = new Map<string, Slow>(
    Object.entries(inputs).map(([name, data]) => [name, { shape: model.values.get(name)?.shape ?? [], data }]),
  );
  for (const op of model.ops) {
    const made = slowOp(op, slow, model);
    slow.set(op.output, made.output);
    if (made.acc && 'acc' in op && op.acc !== undefined) slow.set(op.acc, made.acc);
  }
  return new Map(
    [...slow].map(([name, t]) => {
      const { dtype, shape } = model.values.get(name) as IntValue; // every value of the run is declared
      const data = newStorage(dtype, t.data.length) as Int32Array;
      t.data.forEach((v, i) => (data[i] = Number(v)));
      return [name, { dtype, shape, data }];
    }),
  );
}

export function tinyInput(rounding: Rounding = 'half-up', formats: readonly string[] = ['hex']): BundleInput {
  const { model, tensors } = tinyModel(rounding);
  return bundleInput(model, tensors, formats);
}

export function bundleInput(model: IntegerModel, tensors: ReadonlyMap<string, IntTensor>, formats: readonly string[] = []): BundleInput {
  const zeros = '0'.repeat(64);
  return {
    integer: model,
    tensors,
    tool: { name: 'torch2chip-studio', version: '0.0.0' },
    model: { name: 'tiny', sha256: zeros, opset: 13, producer: 'hand' },
    recipe: { ...defaultRecipe, arithmetic: model.arithmetic },
    calibration: { samples: 1, sha256: zeros, source: 'synthetic' },
    sample: { index: 0, sha256: zeros },
    formats,
  };
}

export async function collect(input: BundleInput, known?: readonly Exporter[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const f of bundleFiles(input, quietContext(), known)) files.set(f.path, bytesOfFile(f));
  return files;
}

/** One array of the bundle changed; `edit` gets the elements. The manifest's hash and extrema follow when `rehash`. */
export function withEdit(
  files: ReadonlyMap<string, Uint8Array>,
  path: string,
  edit: (data: Int32Array) => void,
  rehash = true,
): Map<string, Uint8Array> {
  const array = readNpy(files.get(path) as Uint8Array, path); // a path of the test's own
  const data = array.data.slice() as Int32Array;
  edit(data);
  const out = new Map(files).set(path, writeNpy({ ...array, data }));
  return rehash ? rehashed(out, path) : out;
}

/** The hash and the extrema of `path` as its bytes now say. */
export function rehashed(files: Map<string, Uint8Array>, path: string): Map<string, Uint8Array> {
  const bytes = files.get(path) as Uint8Array;
  return withManifest(files, (m) => {
    m.files[path] = sha256Hex(bytes);
    const values = Array.from(readNpy(bytes, path).data as ArrayLike<number>, Number);
    for (const t of Object.values(m.tensors)) if (t.file === path) t.stats = { min: Math.min(...values), max: Math.max(...values) };
  });
}

export function withManifest(
  files: ReadonlyMap<string, Uint8Array>,
  edit: (m: ReturnType<typeof parseManifest>) => void,
): Map<string, Uint8Array> {
  const m = parseManifest(utf8Decode(files.get('manifest.json') as Uint8Array));
  edit(m);
  return new Map(files).set('manifest.json', utf8Encode(JSON.stringify(m)));
}
