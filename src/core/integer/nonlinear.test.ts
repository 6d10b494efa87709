import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { observedValues } from '../calibrate/observed-values';
import type { IntTensor, LayerNormOp, SoftmaxOp } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { parseRecipe } from '../recipe/validate';
import { canonicalModel, type NodeSketch, type Sketch } from './canonical.fixture';
import { execute } from './execute';
import { convert, randomInputs, real, runLawfully } from './lawful.fixture';
import { quantizeInputs } from './quantize-inputs';

const softmaxSketch = (shape: readonly number[], more: Partial<Sketch> = {}, node: Partial<NodeSketch> = {}): Sketch => ({
  inputs: ['x'],
  outputs: ['y'],
  shapes: { x: shape, y: shape },
  nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['y'], ...node }],
  ...more,
});

/** Softmax of real numbers along the last axis. */
function softmax(x: ArrayLike<number>, row: number): number[] {
  const out: number[] = [];
  for (let at = 0; at < x.length; at += row) {
    const all = Array.from({ length: row }, (_, i) => x[at + i] as number);
    const most = Math.max(...all);
    const e = all.map((v) => Math.exp(v - most));
    const sum = e.reduce((a, b) => a + b, 0);
    out.push(...e.map((v) => v / sum));
  }
  return out;
}

describe('softmax', () => {
  test.each([
    [[2, 10], {}, 16],
    [[2, 10], { outputBits: 8 }, 8],
    [[2, 64], { outputBits: 8 }, 8],
    [[2, 65], { outputBits: 8 }, 16],
    [[2, 65], { outputBits: 8, nonlinear: { probabilityBits: '12' } }, 12],
    [[2, 10], { outputBits: 10 }, 12],
    [[2, 1024], { nonlinear: { softmax: 'reciprocal' } }, 16],
  ] as const)('%j under %j has %i-bit probabilities', async (shape, recipe, pb) => {
    const { model, warnings } = await convert(softmaxSketch(shape), { x: [-4, 5] }, parseRecipe(recipe));
    expect(warnings).toEqual([]);
    expect(model.ops.map((o) => o.kind)).toEqual(['softmax']);
    expect(model.values.get('y')?.quant).toMatchObject({ bits: pb, signed: false, zeroPoint: 0, lo: 0, hi: 2 ** pb - 1 });
    const all = await runLawfully(model);
    const want = softmax(real(all, model, 'x'), shape[1]);
    const worst = 1.5 / (2 ** pb - 1) + (shape[1] + 1) / 65535;
    real(all, model, 'y').forEach((p, i) => expect(Math.abs(p - (want[i] as number))).toBeLessThan(worst));
  });

  test('of many axes before opset 13 is one row', async () => {
    const { model } = await convert(softmaxSketch([2, 3, 4], { opset: 11 }), { x: [-4, 5] });
    expect(model.ops.map((o) => o.kind)).toEqual(['reshape', 'softmax', 'reshape']);
    const all = await runLawfully(model);
    const want = softmax(real(all, model, 'x'), 12);
    real(all, model, 'y').forEach((p, i) => expect(Math.abs(p - (want[i] as number))).toBeLessThan(1e-3));
    const one = await convert(softmaxSketch([1, 10, 1, 1], { opset: 11 }), { x: [-4, 5] });
    expect(one.model.ops.map((o) => o.kind)).toEqual(['softmax']);
  });

  test('any axis', async () => {
    const { model } = await convert(softmaxSketch([2, 5, 3], {}, { attrs: { axis: 1 } }), { x: [-4, 5] });
    const all = await runLawfully(model);
    const p = real(all, model, 'y');
    for (const at of [0, 1, 2, 15, 16, 17]) {
      const sum = [0, 3, 6, 9, 12].reduce((a, i) => a + (p[at + i] as number), 0);
      expect(Math.abs(sum - 1)).toBeLessThan(1e-3);
    }
  });

  const masked = (mask: readonly number[], keep: 0 | 1): Sketch =>
    softmaxSketch(
      [2, 4],
      { constants: { m: { shape: [mask.length / 4, 4], data: mask } } },
      { domain: 't2c', inputs: ['x', 'm'], attrs: { keep } },
    );

  test('a constant mask takes elements out, whichever way it is written', async () => {
    const out = await convert(masked([0, 1, 0, 0, 1, 1, 1, 0], 0), { x: [-4, 5] });
    const kept = await convert(masked([1, 0, 1, 1, 0, 0, 0, 1], 1), { x: [-4, 5] });
    expect(out.warnings).toEqual([]);
    const [a, b] = [await runLawfully(out.model), await runLawfully(kept.model)];
    expect(a.get('y')).toEqual(b.get('y'));
    const y = a.get('y')?.data as Uint16Array;
    expect([y[1], y[4], y[5], y[6], y[7]]).toEqual([0, 0, 0, 0, 65535]);
    const x = real(a, out.model, 'x');
    const want = softmax([x[0] as number, x[2] as number, x[3] as number], 3);
    [0, 2, 3].forEach((at, i) => expect(Math.abs((y[at] as number) / 65535 - (want[i] as number))).toBeLessThan(1e-4));
  });

  test('a row that is masked altogether is all 0, and that is said', async () => {
    const { model, warnings } = await convert(masked([0, 1, 0, 0, 1, 1, 1, 1], 0), { x: [-4, 5] });
    expect(warnings).toMatchObject([{ code: 'fully-masked-rows', message: expect.stringMatching(/^1 of 2 rows/) as string }]);
    const all = await runLawfully(model);
    expect([...(all.get('y')?.data as Uint16Array)].slice(4)).toEqual([0, 0, 0, 0]);
  });

  test('a mask of other numbers is refused', async () => {
    const { model } = await convert(masked([0, 2, 0, 0], 0), { x: [-4, 5], y: [0, 1] });
    expect(model.islands).toMatchObject([{ reason: 'Softmax: its mask holds other numbers than 0 and 1' }]);
  });

  test('a mask from a model input is an input of the integer model; two readers share its inversion', async () => {
    const sketch: Sketch = {
      inputs: ['x', 'attention_mask'],
      outputs: ['y', 'z'],
      whole: ['attention_mask', 'm'],
      shapes: { x: [2, 3, 4], attention_mask: [1, 4], m: [1, 1, 4], y: [2, 3, 4], z: [2, 3, 4] },
      nodes: [
        { op: 'Unsqueeze', inputs: ['attention_mask'], outputs: ['m'], attrs: { axes: [1] } },
        { op: 'Softmax', domain: 't2c', inputs: ['x', 'm'], outputs: ['y'], attrs: { keep: 1 } },
        { op: 'Softmax', domain: 't2c', inputs: ['x', 'm'], outputs: ['z'], attrs: { keep: 1 } },
      ],
    };
    expect(observedValues(canonicalModel(sketch))).toEqual(['x', 'y', 'z']);
    const { model } = await convert(sketch, { x: [-4, 5] });
    expect(model.islands).toEqual([]);
    expect(model.inputs).toEqual(['x', 'attention_mask']);
    expect(model.values.get('attention_mask')).toMatchObject({ dtype: 'uint8', quant: { bits: 1, lo: 0, hi: 1 } });
    expect(model.ops.map((o) => o.kind)).toEqual(['reshape', 'lut', 'softmax', 'softmax']);
    const inputs = randomInputs(model, createRng(3));
    inputs.set('attention_mask', { dtype: 'uint8', shape: [1, 4], data: Uint8Array.of(1, 1, 0, 0) });
    const all = await runLawfully(model, 3, inputs);
    (all.get('y')?.data as Uint16Array).forEach((p, i) => expect(p > 0).toBe(i % 4 < 2));
    expect(all.get('z')?.data).toEqual(all.get('y')?.data);
  });

  test('scores of more than 12 bits are brought to 12', async () => {
    const sketch = softmaxSketch([1, 8], { outputs: ['y', 'x2'], shapes: { x: [1, 8], x2: [1, 8], y: [1, 8] } });
    const nodes: NodeSketch[] = [
      { op: 'Relu', inputs: ['x'], outputs: ['x2'] },
      { op: 'Softmax', inputs: ['x2'], outputs: ['y'] },
    ];
    const { model } = await convert({ ...sketch, nodes }, { x: [-4, 5], x2: [0, 5] });
    expect(model.values.get('x2')?.quant?.bits).toBe(16);
    expect(model.values.get(model.ops.at(-1)?.inputs[0] ?? '')?.quant?.bits).toBe(12);
    await runLawfully(model);
  });
});

describe('attention', () => {
  const sketch = (tokens: number): Sketch => ({
    inputs: ['q', 'k', 'v'],
    outputs: ['y'],
    shapes: {
      ...{ q: [2, tokens, 8], k: [2, 8, tokens], v: [2, tokens, 8], s: [2, tokens, tokens], p: [2, tokens, tokens] },
      ...{ r: [1, 2, tokens, tokens], r2: [2, tokens, tokens], y: [2, tokens, 8] },
    },
    nodes: [
      { op: 'MatMul', inputs: ['q', 'k'], outputs: ['s'] },
      { op: 'Softmax', inputs: ['s'], outputs: ['p'] },
      { op: 'Reshape', inputs: ['p'], outputs: ['r'] },
      { op: 'Squeeze', inputs: ['r'], outputs: ['r2'], attrs: { axes: [0] } },
      { op: 'MatMul', inputs: ['r2', 'v'], outputs: ['y'] },
    ],
  });
  const ranges = { q: [-2, 2], k: [-1, 1.5], v: [-3, 2], s: [-9, 9], y: [-3, 2] } as const;

  test.each([
    [16, {}],
    [100, {}],
    [197, { nonlinear: { softmax: 'reciprocal' } }],
  ] as const)('of %i tokens under %j: 16-bit probabilities enter the product, proved by their row sum', async (tokens, recipe) => {
    const { model } = await convert(sketch(tokens), ranges, parseRecipe({ ...recipe, outputBits: 8 }));
    expect(model.ops.map((o) => o.kind)).toEqual(['matmul', 'softmax', 'reshape', 'reshape', 'matmul']);
    const pb = tokens <= 64 ? 8 : 16;
    expect(model.values.get('r2')?.quant?.bits).toBe(pb);
    const last = model.ops.at(-1);
    const v = model.values.get('v')?.quant;
    if (last?.kind !== 'matmul' || !v) throw new Error('matmul');
    const largest = Math.max(v.hi - v.zeroPoint, v.zeroPoint - v.lo);
    expect(last.accumulator.bound).toBe(String((2 ** pb - 1 + Math.floor(tokens / 2)) * largest));
    await runLawfully(model);
  });

  test('the bound of a row sum holds for rows that reach it', async () => {
    const { model } = await convert(sketch(100), ranges, parseRecipe({ outputBits: 8 }));
    const op = model.ops.find((o): o is SoftmaxOp => o.kind === 'softmax');
    for (let seed = 1; seed < 20; seed++) {
      const inputs = randomInputs(model, createRng(seed));
      // flat rows: every probability is rounded alike
      if (seed % 2 === 0) (inputs.get('q') as IntTensor).data.fill(0 as never);
      const all = await execute(model, inputs, { keep: 'all' }, quietContext());
      const p = all.get(op?.output ?? '')?.data as Uint16Array;
      for (let at = 0; at < p.length; at += 100) {
        expect(p.slice(at, at + 100).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(65535 + 50);
      }
    }
  });

  test('where rows are not kept together, probabilities are brought to the layer', async () => {
    const base = sketch(100);
    const nodes: NodeSketch[] = [
      ...base.nodes.slice(0, 2),
      { op: 'Transpose', inputs: ['p'], outputs: ['r2'], attrs: { perm: [0, 2, 1] } },
      ...base.nodes.slice(4),
    ];
    const { model } = await convert({ ...base, nodes }, { ...ranges, p: [0, 1] }, parseRecipe({ outputBits: 8 }));
    expect(model.values.get(model.ops.at(-1)?.inputs[0] ?? '')?.quant?.bits).toBe(8);
    await runLawfully(model);
  });
});

describe('layer normalization', () => {
  const rng = createRng(6);
  const norm = (C: number, op: string, attrs: NodeSketch['attrs'], beta = true, gamma?: number[]): Sketch => ({
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [1, 3, C], y: [1, 3, C] },
    constants: {
      g: { shape: [C], data: gamma ?? Array.from({ length: C }, () => Math.exp(rng.normal() * 0.5)) },
      b: { shape: [C], data: Array.from({ length: C }, () => rng.normal() * 0.5) },
    },
    nodes: [{ op, inputs: beta ? ['x', 'g', 'b'] : ['x', 'g'], outputs: ['y'], attrs: attrs ?? {} }],
  });

  function normalized(x: Float32Array, g: ArrayLike<number>, b: ArrayLike<number> | undefined, epsilon: number, rms: boolean): number[] {
    const C = g.length;
    const out: number[] = [];
    for (let at = 0; at < x.length; at += C) {
      const row = [...x.slice(at, at + C)];
      const mean = rms ? 0 : row.reduce((a, v) => a + v, 0) / C;
      const variance = row.reduce((a, v) => a + (v - mean) ** 2, 0) / C;
      out.push(...row.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * (g[i] as number) + (b?.[i] ?? 0)));
    }
    return out;
  }

  test.each([
    [8, {}],
    [192, {}],
    [192, { outputBits: 8 }],
    [768, { outputBits: 8, nonlinear: { layernorm: 'reciprocal' } }],
    [768, { arithmetic: { rounding: 'half-away', multiplier: { kind: 'qformat', swl: 32, sfl: 26 } } }],
    [64, { arithmetic: { multiplier: { kind: 'pow2' } }, outputBits: 8 }],
    [64, { activations: { symmetric: true, bits: 4 }, outputBits: 8 }],
  ] as const)('of %i elements under %j', async (C, recipe) => {
    for (const [op, beta] of [
      ['LayerNormalization', true],
      ['LayerNormalization', false],
      ['RMSNormalization', false],
    ] as const) {
      const sketch = norm(C, op, { epsilon: '0.001', axis: -1 }, beta);
      const { model } = await convert(sketch, { x: [-3, 4], y: [-9, 8] }, parseRecipe(recipe));
      expect(model.ops.map((o) => o.kind)).toEqual(['layernorm']);
      const all = await runLawfully(model);
      const { g, b } = sketch.constants ?? {};
      const want = normalized(
        real(all, model, 'x'),
        g?.data ?? [],
        beta ? b?.data : undefined,
        Math.fround(0.001),
        op !== 'LayerNormalization',
      );
      const q = model.values.get('y')?.quant;
      if (!q) throw new Error('y');
      const s = q.scale[0] as number;
      real(all, model, 'y').forEach((y, i) => {
        const clipped = Math.min((q.hi - q.zeroPoint) * s, Math.max((q.lo - q.zeroPoint) * s, want[i] as number));
        expect(Math.abs(y - clipped)).toBeLessThan(1.5 * s + 2e-3 * Math.abs(clipped));
      });
    }
  });

  test('over several axes, with a scale for the last one', async () => {
    const sketch: Sketch = {
      ...norm(4, 'LayerNormalization', { axis: 1 }),
      shapes: { x: [2, 3, 4], y: [2, 3, 4] },
    };
    const { model } = await convert(sketch, { x: [-3, 4], y: [-9, 8] });
    expect((model.ops[0] as LayerNormOp).layernorm).toMatchObject({ axis: 1, C: 12 });
    await runLawfully(model);
  });

  test('a scale of 0, of either sign, a tiny epsilon, a large offset', async () => {
    const gamma = [0, -1, 1, -0.001, 3, 0, -7, 1e-9];
    const sketch = norm(8, 'LayerNormalization', { epsilon: '1e-30' }, true, gamma);
    for (const recipe of [{}, { outputBits: 8 }]) {
      const { model } = await convert(sketch, { x: [-3, 4], y: [-9, 8] }, parseRecipe(recipe));
      await runLawfully(model);
    }
    const zeros = { ...sketch, constants: { ...sketch.constants, g: { shape: [8], data: [0, 0, 0, 0, 0, 0, 0, 0] } } };
    await runLawfully((await convert(zeros, { x: [-3, 4], y: [-1, 1] })).model);
    // a scale so small that H alone would fill 64 bits at the shift it asks for
    const tiny = { ...sketch, constants: { ...sketch.constants, g: { shape: [8], data: new Array<number>(8).fill(1e-13) } } };
    await runLawfully((await convert(tiny, { x: [-3, 4], y: [-1, 1] })).model);
  });

  test('a 16-bit residual stream goes in as it is; the width of V is stated', async () => {
    const C = 768;
    const sketch = norm(C, 'LayerNormalization', { epsilon: '1e-6' });
    const { model } = await convert(
      {
        ...sketch,
        inputs: ['u', 'v'],
        shapes: { ...sketch.shapes, u: [1, 3, C], v: [1, 3, C] },
        nodes: [{ op: 'Add', inputs: ['u', 'v'], outputs: ['x'] }, ...sketch.nodes],
      },
      { u: [-3, 4], v: [-1, 1], x: [-4, 5], y: [-9, 8] },
      parseRecipe({ residualBits: 16, outputBits: 8 }),
    );
    expect(model.ops.map((o) => o.kind)).toEqual(['add', 'layernorm']);
    expect((model.ops[1] as LayerNormOp).layernorm).toMatchObject({ t: 0, f: 0, k: 16, boundBits: 62 });
    await runLawfully(model);
    const narrow = await convert(sketch, { x: [-3, 4], y: [-9, 8] });
    expect((narrow.model.ops[0] as LayerNormOp).layernorm).toMatchObject({ t: 0, f: 8, k: 20 });
  });

  test('a computed scale is an island with its reason', async () => {
    const sketch = norm(4, 'LayerNormalization', {});
    const { model } = await convert(
      {
        ...sketch,
        inputs: ['x', 'g'],
        shapes: { ...sketch.shapes, g: [4] },
        constants: { b: sketch.constants?.['b'] ?? { shape: [], data: [] } },
      },
      { x: [-1, 1], g: [0, 1], y: [-3, 3] },
    );
    expect(model.islands).toMatchObject([{ reason: 'LayerNormalization: its scale is computed, not a constant' }]);
  });
});

describe('embeddings', () => {
  const table = Array.from({ length: 40 }, (_, i) => Math.fround(Math.sin(i) * (1 + i / 40)));
  const sketch: Sketch = {
    inputs: ['ids', 'x'],
    outputs: ['y'],
    whole: ['ids', 'some'],
    shapes: { ids: [1, 6], some: [1, 3], e: [1, 3, 4], x: [1, 3, 4], y: [1, 3, 4] },
    constants: {
      t: { shape: [10, 4], data: table },
      from: { shape: [1], data: [1], ints: true },
      to: { shape: [1], data: [4], ints: true },
      axes: { shape: [1], data: [1], ints: true },
    },
    nodes: [
      { op: 'Slice', inputs: ['ids', 'from', 'to', 'axes'], outputs: ['some'] },
      { op: 'Gather', inputs: ['t', 'some'], outputs: ['e'] },
      { op: 'Add', inputs: ['e', 'x'], outputs: ['y'] },
    ],
  };

  test.each([8, 16])('rows of the table are the integers, %i bits', async (residualBits) => {
    expect(observedValues(canonicalModel(sketch))).toEqual(['x', 'y']);
    const { model } = await convert(sketch, { x: [-1, 1], y: [-3, 3] }, parseRecipe({ residualBits, outputBits: 8 }));
    expect(model.islands).toEqual([]);
    expect(model.inputs).toEqual(['ids', 'x']);
    expect(model.ops.map((o) => o.kind)).toEqual(['slice', 'gather', 'add']);
    expect(model.values.get('ids')?.quant).toMatchObject({ bits: 4, signed: false, lo: 0, hi: 9 });
    expect(model.values.get('e')?.quant).toMatchObject({ bits: residualBits, zeroPoint: 0 });
    expect(model.constants.get('gather1_x2')?.quant).toEqual(model.values.get('e')?.quant);
    const all = await runLawfully(model);
    const ids = [...(all.get('some')?.data as Uint8Array)];
    const step = model.values.get('e')?.quant?.scale[0] as number;
    real(all, model, 'e').forEach((v, i) =>
      expect(Math.abs(v - (table[(ids[i >> 2] as number) * 4 + (i & 3)] as number))).toBeLessThanOrEqual(0.501 * step),
    );
  });

  test('a reader of fewer bits gets a table of fewer bits through a requant', async () => {
    const base = { ...sketch, nodes: [...sketch.nodes.slice(0, 2), { op: 'MatMul', inputs: ['e', 'w'], outputs: ['y'] }] };
    const constants = { ...sketch.constants, w: { shape: [4, 4], data: table.slice(0, 16) } };
    const { model } = await convert(
      { ...base, inputs: ['ids'], constants, outputs: ['y', 'e'] },
      { y: [-3, 3] },
      parseRecipe({ outputBits: 12 }),
    );
    expect(model.ops.map((o) => o.kind)).toEqual(['slice', 'gather', 'requant', 'matmul']);
    await runLawfully(model);
  });

  test('samples bring whole numbers; one beyond the table is refused by name', async () => {
    const { model } = await convert(sketch, { x: [-1, 1], y: [-3, 3] });
    const sample = (data: bigint[]) => ({
      id: 'line 7',
      label: undefined,
      inputs: new Map([
        ['ids', { dtype: 'int64' as const, shape: [1, 6], data: BigInt64Array.from(data) }],
        ['x', { dtype: 'float32' as const, shape: [1, 3, 4], data: new Float32Array(12) }],
      ]),
    });
    expect(quantizeInputs(model, sample([0n, 9n, 3n, 1n, 2n, 5n])).get('ids')).toEqual({
      dtype: 'uint8',
      shape: [1, 6],
      data: Uint8Array.of(0, 9, 3, 1, 2, 5),
    });
    expect(() => quantizeInputs(model, sample([0n, 10n, 3n, 1n, 2n, 5n]))).toThrow(/not one that the model reads.*0 to 9.*10 at index 1/s);
  });

  test('whole numbers that become real run as an island', async () => {
    const cast: Sketch = {
      inputs: ['ids'],
      outputs: ['y'],
      whole: ['ids'],
      shapes: { ids: [1, 3], f: [1, 3], y: [1, 3] },
      constants: { one: { shape: [], data: [0.5] } },
      nodes: [
        { op: 'Cast', inputs: ['ids'], outputs: ['f'], attrs: { to: 1 } },
        { op: 'Add', inputs: ['f', 'one'], outputs: ['y'] },
      ],
    };
    const { model } = await convert(cast, { f: [0, 255], y: [0, 256] });
    expect(model.islands).toMatchObject([{ op: 'Cast', whole: { ids: 'int64' } }]);
    const ids = { dtype: 'int32' as const, shape: [1, 3], data: Int32Array.of(0, 7, 200) };
    const all = await runLawfully(model, 1, new Map([['ids', ids]]));
    expect([...real(all, model, 'f')]).toEqual([0, 7, 200]);
  });
});

describe('where', () => {
  test('a constant condition chooses between an activation and a constant under one quantizer', async () => {
    const sketch: Sketch = {
      inputs: ['x'],
      outputs: ['y'],
      shapes: { x: [2, 4], y: [2, 4] },
      constants: { c: { shape: [4], data: [1, 0, 1, 0], ints: true }, z: { shape: [1], data: [1.5] } },
      nodes: [{ op: 'Where', inputs: ['c', 'x', 'z'], outputs: ['y'] }],
    };
    const { model } = await convert(sketch, { x: [-1, 1], y: [-1, 1.5] }, parseRecipe({ outputBits: 8 }));
    expect(model.ops.map((o) => o.kind)).toEqual(['requant', 'where']);
    const all = await runLawfully(model);
    const x = real(all, model, model.ops[0]?.output as ValueName);
    real(all, model, 'y').forEach((y, i) => expect(y).toBeCloseTo(i % 2 === 0 ? (x[i] as number) : 1.5, 5));
  });
});
