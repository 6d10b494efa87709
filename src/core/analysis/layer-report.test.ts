import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { tinyModel } from '../exporters/tiny-bundle.fixture';
import type { IntConstant, IntegerModel, QuantInfo } from '../ir/integer-model';
import type { CanonicalModel } from '../ir/model';
import { dequantizeAffine } from '../quant/affine';
import { layerReports, weightBytes } from './layer-report';
import { sqnrDb } from './metrics';

/** Multipliers that know their real scales, as lowering leaves them. */
function withRealScales(model: IntegerModel): IntegerModel {
  const constants = new Map<string, IntConstant>(model.constants);
  for (const [name, c] of model.constants) {
    if (!name.endsWith('_mul')) continue;
    const shift = model.constants.get(name.replace('_mul', '_shift'))?.data as Uint8Array; // shifts are uint8
    constants.set(name, { ...c, real: Float64Array.from(c.data as Int32Array, (m, i) => m / 2 ** (shift[i] as number)) });
  }
  return { ...model, constants };
}

const nothing: CanonicalModel = {
  model: {
    name: '',
    irVersion: 8,
    opsets: { '': 13 },
    producer: '',
    provenance: [],
    graph: { name: '', nodes: [], inputs: [], outputs: [], initializers: new Map(), values: new Map() },
  },
  stems: new Map(),
  constants: () => undefined,
};

const tiny = tinyModel();
const model = withRealScales(tiny.model);
const { tensors } = tiny;
const input = { canonical: nothing, model, tensors, float: new Map<string, Float32Array>(), stats: undefined, local: true };

describe('layer reports', () => {
  test('one row per op with its widths; the integers are within one step of the hard-rounded float path', async () => {
    const rows = await layerReports(input, quietContext());
    expect(rows.map((r) => r.id)).toEqual(model.ops.map((op) => op.name));
    const conv = rows[0];
    expect(conv).toMatchObject({ id: 'layer1.0.conv1', kind: 'conv', main: true, weightBits: 8, inputBits: 8, outputBits: 8 });
    expect(conv?.dtypes?.[0]).toBe('int8');
    expect(rows.find((r) => r.id === 'dw')?.weightBits).toBe(4);
    expect(rows.find((r) => r.id === 'dw')?.dtypes?.[0]).toBe('int4');
    expect(rows.find((r) => r.id === 'fc')?.dtypes).toEqual(['int8', 'int16']);
    expect(rows.find((r) => r.id === 'fc')).toMatchObject({ outputBits: 16 });
    for (const r of rows) {
      const scaled = ['conv', 'gemm', 'matmul', 'reduce', 'requant'].includes(r.kind);
      if (scaled) expect(r.maxLsb).toBeLessThanOrEqual(1);
      if (r.kind === 'reshape' || r.kind === 'lut') expect(r.maxLsb).toBeUndefined();
    }
  });

  test('accumulator bits seen are those of the extreme sums', async () => {
    const row = (await layerReports(input, quietContext()))[0];
    const acc = Array.from(tensors.get('layer1.0.conv1_y')?.data as Int32Array);
    const bits = (row?.accumulator?.seenBits ?? 0) - 1;
    expect(acc.every((v) => v >= -(2 ** bits) && v < 2 ** bits)).toBe(true);
    expect(acc.some((v) => v < -(2 ** (bits - 1)) || v >= 2 ** (bits - 1))).toBe(true);
  });

  test('cumulative SQNR and clipped share come from the float activation of the same name', async () => {
    const rng = createRng(1);
    const q = model.values.get('logits')?.quant as QuantInfo;
    const real = dequantizeAffine(tensors.get('logits')?.data as Int16Array, q);
    const float = real.map((v) => v + 0.05 * rng.normal());
    float[0] = 1e6;
    const rows = await layerReports({ ...input, float: new Map([['logits', float]]) }, quietContext());
    const fc = rows.find((r) => r.id === 'fc');
    expect(fc?.sqnrDb).toBe(sqnrDb(float, real));
    expect(fc?.clippedShare).toBe(1 / 5);
    expect(rows[0]?.sqnrDb).toBeUndefined();
  });

  test('a change of quantizer has a local SQNR of its own', async () => {
    const rows = await layerReports(input, quietContext());
    expect(rows.find((r) => r.kind === 'requant')?.sqnrLocalDb).toBeTypeOf('number');
    const off = await layerReports({ ...input, local: false }, quietContext());
    expect(off.every((r) => r.sqnrLocalDb === undefined)).toBe(true);
  });
});

test('weight bytes are the packed weights, four bytes a bias, and the constant operands', () => {
  const conv = 4 * 27 + 4 * 4;
  const depthwise = (8 * 6 * 4) / 8;
  const operands = model.ops.flatMap((op) => ('operands' in op ? (op.operands ?? []) : []));
  const constant = new Set(operands.filter((name) => model.constants.has(name)));
  expect(constant.size).toBe(2);
  const bytes = [...constant].reduce((sum, name) => sum + (model.constants.get(name)?.data.byteLength ?? 0), 0);
  expect(weightBytes(model)).toBe(conv + depthwise + 60 + 5 * 4 + bytes);
});
