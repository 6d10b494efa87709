import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../base/rng';
import { observedValues } from '../calibrate/observed-values';
import type { ValueName } from '../ir/model';
import { parseRecipe } from '../recipe/validate';
import { canonicalModel, type Sketch } from './canonical.fixture';
import { convert, real, runLawfully, type Ranges } from './lawful.fixture';
import { raiseScales } from './plan-weights';

function weights(rng: Rng, n: number, scale = 1): number[] {
  return Array.from({ length: n }, () => Math.fround(rng.normal() * scale));
}

const rng = createRng(77);
const convSketch: Sketch = {
  inputs: ['x'],
  outputs: ['y'],
  shapes: { x: [1, 3, 6, 6], h: [1, 4, 3, 3], p: [1, 4, 1, 1], f: [1, 4], y: [1, 5] },
  constants: {
    w: { shape: [4, 3, 3, 3], data: weights(rng, 108, 0.3) },
    b: { shape: [4], data: [0.5, -0.25, 2, 0] },
    fw: { shape: [5, 4], data: weights(rng, 20) },
    fb: { shape: [5], data: weights(rng, 5) },
  },
  nodes: [
    {
      op: 'Conv',
      inputs: ['x', 'w', 'b'],
      outputs: ['h'],
      attrs: { strides: [2, 2], pads: [1, 1, 0, 0] },
      clamp: { lo: 0, hi: Infinity, op: 'Relu' },
    },
    { op: 'GlobalAveragePool', inputs: ['h'], outputs: ['p'] },
    { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'fw', 'fb'], outputs: ['y'], attrs: { transB: 1 } },
  ],
};
const convRanges: Ranges = { x: [-1, 2], h: [0, 6], p: [0, 3], y: [-8, 8] };

describe('a small network', () => {
  test('is integers only, and every op keeps its laws', async () => {
    const { model } = await convert(convSketch, convRanges);
    expect(model.islands).toEqual([]);
    expect(model.ops.map((o) => o.kind)).toEqual(['conv', 'pool', 'reshape', 'gemm']);
    for (let seed = 1; seed < 6; seed++) await runLawfully(model, seed);
  });

  test.each([
    { weights: { bits: 2 }, activations: { bits: 3 }, outputBits: 8 },
    { activations: { symmetric: true } },
    { arithmetic: { rounding: 'half-even', multiplier: { kind: 'normalized', bits: 31 } } },
    { arithmetic: { rounding: 'half-away', multiplier: { kind: 'qformat', swl: 32, sfl: 26 } } },
    { weights: { algorithm: 'minmax' } },
  ])('keeps its laws under %j', async (recipe) => {
    const { model } = await convert(convSketch, convRanges, parseRecipe(recipe));
    await runLawfully(model);
  });

  test('only values with a quantizer of their own are watched', () => {
    expect(observedValues(canonicalModel(convSketch))).toEqual(['x', 'h', 'p', 'y']);
  });

  test('a graph output has 16 bits, also where a move gives it', async () => {
    const { model } = await convert({ ...convSketch, outputs: ['f'], nodes: convSketch.nodes.slice(0, 3) }, convRanges);
    expect(model.values.get('f')?.quant?.bits).toBe(16);
    expect(model.values.get('f')?.quant).toEqual(model.values.get('p')?.quant);
    expect(model.values.get('h')?.quant?.bits).toBe(8);
  });

  test('the worst case of the accumulator is reached by the worst input', async () => {
    const { model } = await convert({ ...convSketch, nodes: convSketch.nodes.slice(0, 1), outputs: ['h'] }, convRanges);
    const op = model.ops[0];
    if (op?.kind !== 'conv') throw new Error('conv');
    const w = model.constants.get(op.weight)?.data as Int8Array;
    const bias = model.constants.get(op.bias ?? '')?.data as Int32Array;
    const q = model.values.get('x')?.quant;
    if (!q) throw new Error('x');
    const magnitude = BigInt(Math.max(q.hi - q.zeroPoint, q.zeroPoint - q.lo));
    const bounds = [0, 1, 2, 3].map((o) => {
      let sum = 0n;
      for (const v of w.slice(o * 27, o * 27 + 27)) sum += BigInt(Math.abs(v)) * magnitude;
      return sum + BigInt(Math.abs(bias[o] as number));
    });
    const most = bounds.reduce((a, b) => (a > b ? a : b));
    expect(op.accumulator).toEqual({ bound: String(most), boundBits: most.toString(2).length + 1 });
  });
});

describe('bits', () => {
  const sketch: Sketch = {
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [1, 4], a: [1, 4], s: [1, 4], y: [1, 4] },
    constants: { w: { shape: [4, 4], data: weights(createRng(3), 16) }, v: { shape: [4, 4], data: weights(createRng(4), 16) } },
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Add', inputs: ['x', 'a'], outputs: ['s'] },
      { op: 'MatMul', inputs: ['s', 'v'], outputs: ['y'] },
    ],
  };
  const ranges: Ranges = { x: [-1, 1], a: [-3, 3], s: [-4, 4], y: [-9, 9] };

  test('a wide residual stream is brought to the layer by one explicit requant', async () => {
    const { model } = await convert(sketch, ranges, parseRecipe({ residualBits: 16 }));
    expect(model.values.get('s')?.quant?.bits).toBe(16);
    expect(model.values.get('a')?.quant?.bits).toBe(16);
    expect(model.values.get('x')?.quant?.bits).toBe(16);
    expect(model.ops.map((o) => `${o.name}:${o.kind}`)).toEqual([
      'x.rq8:requant',
      'matmul0:matmul',
      'add1:add',
      'add1.rq8:requant',
      'matmul2:matmul',
    ]);
    expect(model.ops[1]?.inputs).toEqual(['x.rq8']);
    await runLawfully(model);
  });

  test('a constant that is added on the way into the stream, or in it, leaves its bits alone', async () => {
    const position = { shape: [1, 4], data: weights(rng, 4) };
    const embedded: Sketch = {
      ...sketch,
      constants: { ...sketch.constants, p: position, c: position },
      shapes: { ...sketch.shapes, e: [1, 4], b: [1, 4], s: [1, 4], t: [1, 4] },
      nodes: [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
        { op: 'Add', inputs: ['a', 'p'], outputs: ['e'] },
        { op: 'MatMul', inputs: ['e', 'w'], outputs: ['b'] },
        { op: 'Add', inputs: ['e', 'b'], outputs: ['s'] },
        { op: 'Add', inputs: ['s', 'c'], outputs: ['t'] },
        { op: 'MatMul', inputs: ['t', 'v'], outputs: ['y'] },
      ],
    };
    const { model } = await convert(
      embedded,
      { ...ranges, e: [-4, 4], b: [-9, 9], t: [-9, 9] },
      parseRecipe({ residualBits: 16, outputBits: 8 }),
    );
    const bits = Object.fromEntries(['x', 'a', 'e', 'b', 's', 't', 'y'].map((name) => [name, model.values.get(name)?.quant?.bits]));
    expect(bits).toEqual({ x: 8, a: 16, e: 16, b: 16, s: 16, t: 16, y: 8 });
    await runLawfully(model);
  });

  test('a layer of few bits reads few bits, its neighbours keep theirs', async () => {
    const { model } = await convert(sketch, ranges, parseRecipe({ layers: [{ match: 'matmul2', activationBits: 4, weightBits: 3 }] }));
    expect(model.values.get('add1.rq4')?.quant?.bits).toBe(4);
    expect(model.constants.get('matmul2_x2')?.quant?.bits).toBe(3);
    expect(model.constants.get('matmul0_x2')?.quant?.bits).toBe(8);
    await runLawfully(model);
  });

  test('an override that matches nothing is said', async () => {
    const { warnings } = await convert(sketch, ranges, parseRecipe({ layers: [{ match: 'nothing*', weightBits: 4 }] }));
    expect(warnings.map((w) => w.code)).toContain('unused-override');
  });

  test('two readers share one requant', async () => {
    const twice: Sketch = {
      ...sketch,
      outputs: ['y', 'z'],
      shapes: { ...sketch.shapes, z: [1, 4] },
      nodes: [...sketch.nodes, { op: 'MatMul', inputs: ['s', 'w'], outputs: ['z'] }],
    };
    const { model } = await convert(twice, { ...ranges, z: [-9, 9] }, parseRecipe({ residualBits: 12 }));
    expect(model.ops.filter((o) => o.name.startsWith('add1.rq'))).toHaveLength(1);
    await runLawfully(model);
  });
});

describe('single operators', () => {
  interface Case extends Partial<Sketch> {
    readonly nodes: Sketch['nodes'];
    readonly ranges?: Ranges;
    readonly kinds: readonly string[];
    /** The float function of the dequantized input; compared within a step and a half of the output. */
    readonly f?: (x: Float32Array) => ArrayLike<number>;
  }
  const x = [1, 2, 4, 4] as const;
  const cases: Record<string, Case> = {
    'Relu alone': { nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], kinds: ['requant'], f: (v) => v.map((e) => Math.max(0, e)) },
    'Clip alone': {
      nodes: [{ op: 'Clip', inputs: ['x', 'lo', 'hi'], outputs: ['y'] }],
      constants: { lo: { shape: [], data: [-1] }, hi: { shape: [], data: [1.5] } },
      kinds: ['requant'],
      f: (v) => v.map((e) => Math.min(1.5, Math.max(-1, e))),
    },
    Sigmoid: {
      nodes: [{ op: 'Sigmoid', inputs: ['x'], outputs: ['y'] }],
      ranges: { y: [0, 1] },
      kinds: ['lut'],
      f: (v) => v.map((e) => 1 / (1 + Math.exp(-e))),
    },
    HardSwish: {
      nodes: [{ op: 'HardSwish', inputs: ['x'], outputs: ['y'] }],
      kinds: ['lut'],
      f: (v) => v.map((e) => (e * Math.min(6, Math.max(0, e + 3))) / 6),
    },
    LeakyRelu: {
      nodes: [{ op: 'LeakyRelu', inputs: ['x'], outputs: ['y'], attrs: { alpha: '0.1' } }],
      kinds: ['lut'],
      f: (v) => v.map((e) => (e < 0 ? 0.1 * e : e)),
    },
    'Mul by a number': {
      nodes: [{ op: 'Mul', inputs: ['x', 'c'], outputs: ['y'] }],
      constants: { c: { shape: [], data: [-0.7] } },
      kinds: ['requant'],
      f: (v) => v.map((e) => -0.7 * e),
    },
    'Div by a number': {
      nodes: [{ op: 'Div', inputs: ['x', 'c'], outputs: ['y'] }],
      constants: { c: { shape: [1], data: [2.5] } },
      kinds: ['requant'],
      f: (v) => v.map((e) => e / 2.5),
    },
    'Mul by a tensor': {
      nodes: [{ op: 'Mul', inputs: ['x', 'c'], outputs: ['y'] }],
      constants: { c: { shape: [2, 1, 1], data: [0.5, -1] } },
      kinds: ['mul'],
      f: (v) => v.map((e, i) => e * (i % 32 < 16 ? 0.5 : -1)),
    },
    'Add of a tensor': {
      nodes: [{ op: 'Add', inputs: ['c', 'x'], outputs: ['y'] }],
      constants: { c: { shape: [2, 1, 1], data: [0.5, -1] } },
      kinds: ['add'],
      f: (v) => v.map((e, i) => e + (i % 32 < 16 ? 0.5 : -1)),
    },
    'Sub from a number': {
      nodes: [{ op: 'Sub', inputs: ['c', 'x'], outputs: ['y'] }],
      constants: { c: { shape: [], data: [1] } },
      kinds: ['sub'],
      f: (v) => v.map((e) => 1 - e),
    },
    'Mul of two activations': {
      nodes: [{ op: 'Mul', inputs: ['x', 'x'], outputs: ['y'] }],
      ranges: { y: [0, 16] },
      kinds: ['mul'],
      f: (v) => v.map((e) => e * e),
    },
    MaxPool: {
      nodes: [{ op: 'MaxPool', inputs: ['x'], outputs: ['y'], attrs: { kernel_shape: [2, 2], strides: [2, 2] } }],
      shapes: { x, y: [1, 2, 2, 2] },
      kinds: ['pool'],
    },
    'AveragePool, padding not counted': {
      nodes: [{ op: 'AveragePool', inputs: ['x'], outputs: ['y'], attrs: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } }],
      kinds: ['pool'],
      f: (v) =>
        v.map((_, i) => {
          const [c, r, s] = [i >> 4, (i >> 2) & 3, i & 3];
          let sum = 0;
          let n = 0;
          for (let dy = -1; dy <= 1; dy++) {
            for (let dx = -1; dx <= 1; dx++) {
              if (r + dy < 0 || r + dy > 3 || s + dx < 0 || s + dx > 3) continue;
              sum += v[c * 16 + (r + dy) * 4 + s + dx] as number;
              n++;
            }
          }
          return sum / n;
        }),
    },
    'ReduceMean over channels': {
      nodes: [{ op: 'ReduceMean', inputs: ['x'], outputs: ['y'], attrs: { axes: [1], keepdims: 0 } }],
      shapes: { x, y: [1, 4, 4] },
      kinds: ['reduce'],
      f: (v) => Array.from({ length: 16 }, (_, i) => ((v[i] as number) + (v[i + 16] as number)) / 2),
    },
    Transpose: {
      nodes: [{ op: 'Transpose', inputs: ['x'], outputs: ['y'], attrs: { perm: [0, 2, 3, 1] } }],
      shapes: { x, y: [1, 4, 4, 2] },
      kinds: ['transpose'],
      f: (v) => v.map((_, i) => v[(i % 2) * 16 + (i >> 1)] as number),
    },
    Slice: {
      nodes: [{ op: 'Slice', inputs: ['x', 's', 'e', 'a'], outputs: ['y'] }],
      constants: {
        s: { shape: [1], data: [1], ints: true },
        e: { shape: [1], data: [2 ** 62], ints: true },
        a: { shape: [1], data: [-3], ints: true },
      },
      shapes: { x, y: [1, 1, 4, 4] },
      kinds: ['slice'],
      f: (v) => v.slice(16),
    },
    Split: {
      nodes: [{ op: 'Split', inputs: ['x'], outputs: ['z', 'y'], attrs: { axis: 1 } }],
      shapes: { x, y: [1, 1, 4, 4], z: [1, 1, 4, 4] },
      kinds: ['slice', 'slice'],
      f: (v) => v.slice(16),
    },
    Pad: {
      nodes: [{ op: 'Pad', inputs: ['x', 'p', 'v'], outputs: ['y'] }],
      constants: { p: { shape: [8], data: [0, 1, 0, 0, 0, 0, 0, 0], ints: true }, v: { shape: [], data: [0] } },
      shapes: { x, y: [1, 3, 4, 4] },
      kinds: ['pad'],
      f: (v) => [...new Array<number>(16).fill(0), ...v],
    },
    Concat: {
      nodes: [{ op: 'Concat', inputs: ['x', 'c', 'x'], outputs: ['y'], attrs: { axis: -3 } }],
      constants: { c: { shape: [1, 1, 4, 4], data: new Array<number>(16).fill(1.25) } },
      shapes: { x, y: [1, 5, 4, 4] },
      ranges: { y: [-4, 8] },
      kinds: ['requant', 'concat'],
      f: (v) => [...v, ...new Array<number>(16).fill(1.25), ...v],
    },
  };

  test.each(Object.entries(cases))('%s', async (_, c) => {
    const sketch: Sketch = {
      inputs: ['x'],
      outputs: ['y'],
      shapes: c.shapes ?? { x, y: x },
      nodes: c.nodes,
      ...(c.constants ? { constants: c.constants } : {}),
    };
    for (const recipe of [{}, { outputBits: 8 }, { activations: { symmetric: true }, outputBits: 8 }]) {
      const { model } = await convert(sketch, { x: [-3, 4], y: [-5, 4], z: [-3, 4], ...c.ranges }, parseRecipe(recipe));
      expect(model.islands).toEqual([]);
      expect(
        model.ops.map((o) => o.kind).filter((k, i, all) => k !== 'requant' || c.kinds[i] === 'requant' || all.length === c.kinds.length),
      ).toEqual(c.kinds);
      const all = await runLawfully(model);
      if (!c.f) continue;
      const q = model.values.get('y')?.quant;
      if (!q) throw new Error('y');
      const s = q.scale[0] as number;
      const input = model.ops[0]?.kind === 'requant' && c.kinds[0] !== 'requant' ? (model.ops[0].output as ValueName) : 'x';
      const want = c.f(real(all, model, input));
      const top = (q.hi - q.zeroPoint) * s;
      const bottom = (q.lo - q.zeroPoint) * s;
      // one step for the rounding, and what quantized constants and operands lose
      const loss = s * 1.5 + (c.constants ? 0.03 : 0) + (c.kinds.includes('concat') ? 0.03 : 0);
      real(all, model, 'y').forEach((v, i) => {
        expect(Math.abs(v - Math.min(top, Math.max(bottom, want[i] as number)))).toBeLessThanOrEqual(loss);
      });
    }
  });
});

describe('what cannot be', () => {
  test('a channel whose bias would not fit gets a larger weight scale, and that is said', async () => {
    const sketch: Sketch = {
      inputs: ['x'],
      outputs: ['y'],
      shapes: { x: [1, 2], y: [1, 2] },
      constants: { w: { shape: [2, 2], data: [1e-14, 1, -1e-14, 0.5] }, b: { shape: [2], data: [3, -2] } },
      nodes: [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['y'] }],
    };
    const { model, warnings } = await convert(sketch, { x: [-1, 1], y: [-4, 4] });
    const bias = model.constants.get('gemm0_bias')?.data as Int32Array;
    expect(Math.abs(bias[0] as number)).toBeLessThanOrEqual(2 ** 30);
    expect(warnings.map((w) => w.code)).toContain('near-dead-channels');
    const all = await runLawfully(model);
    expect(Math.abs((real(all, model, 'y')[0] as number) - 3)).toBeLessThan(0.001);
  });

  test('raised scales keep |B| within 2^30 exactly, in float32', () => {
    const r = createRng(9);
    for (let i = 0; i < 500; i++) {
      const unit = Math.fround(2 ** (r.uniform() * 40 - 30));
      const bias = r.normal() * 2 ** r.int(-10, 20);
      const q = { bits: 8, signed: true, scale: Float32Array.of(2 ** r.int(-100, 0)), axis: 0, zeroPoint: 0, lo: -127, hi: 127 };
      const { q: raised } = raiseScales(q, [bias], unit);
      const s = raised.scale[0] as number;
      expect(Math.abs(bias) / (unit * s)).toBeLessThanOrEqual(2 ** 30);
      expect(s).toBeGreaterThanOrEqual(q.scale[0] as number);
    }
  });

  test('an accumulator over 31 bits is refused by name', async () => {
    const k = 100000;
    const sketch: Sketch = {
      inputs: ['x'],
      outputs: ['y'],
      shapes: { x: [1, k], y: [1, 1] },
      constants: { w: { shape: [k, 1], data: new Array<number>(k).fill(1) } },
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    };
    await expect(convert(sketch, { x: [0, 1], y: [-4, 4] })).rejects.toMatchObject({
      code: 'accumulator-overflow',
      fields: { where: { node: 'matmul0' } },
    });
  });

  test('a product of two constants on the left runs as a float island with its reason', async () => {
    const sketch: Sketch = {
      inputs: ['x'],
      outputs: ['y'],
      shapes: { x: [2, 2], y: [2, 2] },
      constants: { w: { shape: [2, 2], data: [1, 2, 3, 4] } },
      nodes: [{ op: 'MatMul', inputs: ['w', 'x'], outputs: ['y'] }],
    };
    const { model } = await convert(sketch, { x: [-1, 1], y: [-7, 7] });
    expect(model.ops).toEqual([]);
    expect(model.islands).toMatchObject([{ op: 'MatMul', output: 'y', before: 0, reason: 'MatMul: its left operand is a constant' }]);
  });

  test('a value that was not calibrated is named', async () => {
    await expect(convert(convSketch, { x: [-1, 2] })).rejects.toThrow(/statistics.*tensor h/);
  });

  test('a bias that is not a number is refused', async () => {
    const bad = { ...convSketch, constants: { ...convSketch.constants, b: { shape: [4], data: [1, NaN, 0, 0] } } };
    await expect(convert(bad, convRanges)).rejects.toMatchObject({ code: 'not-finite' });
  });
});
