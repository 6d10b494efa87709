/** Token-wise activations from the plan to the bundle: laws, slow readings, refusals. */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { convert, randomInputs, runLawfully } from '../integer/lawful.fixture';
import { slowModel } from './token-slow.fixture';
import { rowFactors, stepOf } from '../ops/lower/tokens';
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine } from '../quant/affine';
import { tokenQuantizer } from '../quant/quantizers/minmax-token';
import { parseRecipe } from '../recipe/validate';
import { readBundle } from './read-bundle';
import { collect, withManifest } from './tiny-bundle.fixture';
import { tokenFaults, tokenInput, tokenMaxima, tokenModel, tokenRanges, tokenSketch } from './token-bundle.fixture';
import { verifyBundle } from './verify';

describe('the quantizer of tokens', () => {
  test('has scales that are whole multiples of one step, and clips nothing it has seen', () => {
    const rng = createRng(3);
    for (let round = 0; round < 200; round++) {
      const maxima = Array.from({ length: rng.int(1, 9) }, () => (rng.int(0, 5) === 0 ? 0 : 2 ** rng.int(-40, 20) * (1 + rng.uniform())));
      for (const bits of [2, 4, 8]) {
        const q = tokenQuantizer(maxima, 1, bits);
        const factors = rowFactors(q) as Int32Array;
        const step = stepOf(q);
        factors.forEach((t, i) => {
          expect(t).toBeGreaterThanOrEqual(1);
          expect(t).toBeLessThanOrEqual(2 ** 14);
          expect(Math.abs((q.scale[i] as number) / (t * step) - 1)).toBeLessThan(2 ** -23);
          expect((q.scale[i] as number) * q.hi).toBeGreaterThanOrEqual((maxima[i] as number) * (1 - 2 ** -22));
        });
        expect(Math.max(...factors)).toBe(2 ** 14);
        const x = Float32Array.from({ length: maxima.length * 3 }, () => rng.normal() * 10);
        const shape = [1, maxima.length, 3];
        expect(fakeQuantizeAffine(x, q, shape)).toEqual(dequantizeAffine(quantizeAffine(x, q, shape), q, shape));
      }
    }
  });
});

describe('layers that take their input token by token', () => {
  test.each([
    {},
    { weights: { bits: 4 }, activations: { bits: 4 } },
    { weights: { algorithm: 'minmax' }, arithmetic: { rounding: 'half-even', multiplier: { kind: 'normalized', bits: 24 } } },
    { arithmetic: { rounding: 'half-even', multiplier: { kind: 'pow2' } } },
    { arithmetic: { rounding: 'floor', multiplier: { kind: 'qformat', swl: 32, sfl: 30 } } },
  ])('under %j: every tensor is what BigInt gives, and the dual path holds', async (recipe) => {
    const model = await tokenModel(recipe);
    expect(model.ops.map((op) => op.name)).toEqual([
      'x.tokens' + (recipe.activations?.bits ?? 8),
      'matmul0',
      'matmul1',
      'mul2',
      'mul2.tokens' + (recipe.activations?.bits ?? 8),
      'matmul3',
    ]);
    for (const seed of [1, 2, 3]) {
      const inputs = randomInputs(model, createRng(seed));
      const all = recipe.arithmetic?.multiplier?.kind === undefined ? await runLawfully(model, seed, inputs) : undefined;
      await slowModel(model, inputs, all);
    }
  });

  test('the tensor before has bits to spare, the readers share one requantization', async () => {
    const model = await tokenModel();
    expect(model.values.get('x')?.quant?.bits).toBe(16);
    const readers = model.ops.filter((op) => op.inputs.includes('x.tokens8'));
    expect(readers.map((op) => op.name)).toEqual(['matmul0', 'matmul1']);
    const bias = model.constants.get('matmul1_bias');
    expect(bias?.dtype).toBe('int64');
    expect(model.constants.get('matmul1_rowMul')?.data).toEqual(Int32Array.of(16384, 128, 4552, 16384, 7282));
  });

  test('a product of two activations keeps one scale: said, and refused where a rule asks for it', async () => {
    const sketch = {
      nodes: [{ op: 'MatMul', inputs: ['a', 'v'], outputs: ['y'] }],
      inputs: ['a', 'v'],
      outputs: ['y'],
      shapes: { a: [1, 4, 4], v: [1, 4, 3], y: [1, 4, 3] },
    };
    const ranges = { a: [0, 1], v: [-2, 2], y: [-2, 2] } as const;
    const { warnings } = await convert(sketch, ranges, parseRecipe({ activations: { algorithm: 'minmax_token' } }));
    expect(warnings.map((w) => w.code)).toEqual(['not-token-wise']);
    expect(warnings[0]?.message).toMatch(/matmul0 \(the product of two activations runs over tokens \(V\)/);
    const named = parseRecipe({ layers: [{ match: 'matmul0', activations: 'minmax_token' }] });
    await expect(convert(sketch, ranges, named)).rejects.toThrow(/matmul0 cannot be quantized token by token: .*\(V\)/);
  });

  test('statistics per token are asked for', async () => {
    await expect(convert(tokenSketch, tokenRanges, parseRecipe({ activations: { algorithm: 'minmax_token' } }))).rejects.toThrow(
      /no statistics per token/,
    );
    expect(tokenMaxima.tokens.size).toBe(2);
  });
});

describe('their bundle', () => {
  test.each(['half-up', 'half-even', 'half-away', 'floor'] as const)('is verified and read back: %s', async (rounding) => {
    const input = await tokenInput(rounding);
    const files = await collect({ ...input, formats: ['hex'] });
    expect((await verifyBundle(files, quietContext())).faults).toEqual([]);
    const bundle = readBundle(files);
    expect(bundle.model.ops).toEqual(input.integer.ops);
    expect(new Map(bundle.model.values)).toEqual(new Map(input.integer.values));
    for (const [name, c] of input.integer.constants) expect(bundle.model.constants.get(name)?.data).toEqual(c.data);
  });

  test.each(tokenFaults)('verifyBundle finds $name', async ({ plant }) => {
    const report = await verifyBundle(plant(await collect(await tokenInput())), quietContext());
    expect(report.ok).toBe(false);
    expect(report.faults.every((f) => f.kind !== 'hash')).toBe(true);
  });

  test('verifyBundle redoes the proof with the row factors in it', async () => {
    const files = await collect(await tokenInput());
    const edited = withManifest(files, (m) => {
      for (const op of m.ops)
        if (op.name === 'matmul1' && op.kind === 'matmul') op.accumulator = { ...op.accumulator, bound: '900000000000', boundBits: 41 };
    });
    const messages = (await verifyBundle(edited, quietContext())).faults.map((f) => f.message).join('\n');
    expect(messages).toMatch(/matmul1: an accumulator times its row factor could leave 53 bits/);
  });
});
