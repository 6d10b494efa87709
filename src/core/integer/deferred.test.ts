import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import type { MatMulOp, SoftmaxOp } from '../ir/integer-model';
import { parseRecipe } from '../recipe/validate';
import { sizeOf } from '../ir/tensor';
import { execute } from './execute';
import { convert, randomInputs, real, runLawfully } from './lawful.fixture';
import type { NodeSketch, Sketch } from './canonical.fixture';

const recipe = parseRecipe({ nonlinear: { softmax: 'deferred' }, outputBits: 8 });
const ranges = { q: [-2, 2], k: [-1, 1.5], v: [-3, 2], s: [-9, 9], y: [-3, 2], z: [-3, 2], w: [-3, 2] } as const;

const attention: readonly NodeSketch[] = [
  { op: 'MatMul', inputs: ['q', 'k'], outputs: ['s'] },
  { op: 'Softmax', inputs: ['s'], outputs: ['p'] },
  { op: 'Reshape', inputs: ['p'], outputs: ['r'] },
  { op: 'MatMul', inputs: ['r', 'v'], outputs: ['y'] },
];
const sketch = (tokens: number, nodes = attention, outputs: readonly string[] = ['y']): Sketch => ({
  inputs: ['q', 'k', 'v'],
  outputs,
  shapes: {
    ...{ q: [1, 2, tokens, 8], k: [1, 2, 8, tokens], v: [2, tokens, 8], s: [1, 2, tokens, tokens], p: [1, 2, tokens, tokens] },
    ...{ r: [2, tokens, tokens], y: [2, tokens, 8], z: [2, tokens, 8], w: [2, tokens, tokens] },
  },
  nodes,
});

describe('a softmax that leaves its division to the product', () => {
  test.each([16, 80])('of %i tokens: exponentials of 8 bits, one reciprocal a row', async (tokens) => {
    const { model, warnings } = await convert(sketch(tokens), ranges, recipe);
    expect(warnings).toEqual([]);
    const softmax = model.ops.find((o): o is SoftmaxOp => o.kind === 'softmax') as SoftmaxOp;
    const product = model.ops.at(-1) as MatMulOp;
    expect(softmax.softmax).toMatchObject({ mode: 'deferred', pb: 8 });
    expect(product).toMatchObject({ kind: 'matmul', deferred: true });
    expect(Math.max(...(model.constants.get(softmax.softmax.table)?.data as Uint8Array))).toBe(255);
    const v = model.values.get('v')?.quant;
    if (!v) throw new Error('v');
    expect(product.accumulator.bound).toBe(String(tokens * 255 * Math.max(v.hi - v.zeroPoint, v.zeroPoint - v.lo)));
    for (const seed of [1, 2]) {
      const all = await runLawfully(model, seed);
      // the float meaning, from the integers that enter
      const [s, values, y] = [real(all, model, 's'), real(all, model, 'v'), real(all, model, 'y')];
      for (let row = 0; row < 2 * tokens; row++) {
        const scores = s.slice(row * tokens, (row + 1) * tokens);
        const most = Math.max(...scores);
        const e = scores.map((x) => Math.exp(x - most));
        const sum = e.reduce((a, b) => a + b, 0);
        for (let c = 0; c < 8; c++) {
          const at = Math.floor(row / tokens) * tokens * 8 + c;
          const want = e.reduce((a, w, t) => a + (w / sum) * (values[at + t * 8] as number), 0);
          const within = Math.min(2, Math.max(-3, want));
          // half a step of every exponential, against a sum of at least one of them
          expect(Math.abs((y[row * 8 + c] as number) - within)).toBeLessThan(0.03 + (3 * tokens * 0.5) / (255 * sum));
        }
      }
    }
  });

  test('agrees with a division of its own within what 8-bit exponentials cost', async () => {
    const [a, b] = [await convert(sketch(16), ranges, recipe), await convert(sketch(16), ranges, parseRecipe({ outputBits: 8 }))];
    const inputs = randomInputs(a.model, createRng(9));
    const run = async (m: typeof a.model): Promise<Float32Array> => real(await execute(m, inputs, { keep: 'all' }, quietContext()), m, 'y');
    const [deferred, divided] = [await run(a.model), await run(b.model)];
    let worst = 0;
    for (let i = 0; i < deferred.length; i++) worst = Math.max(worst, Math.abs((deferred[i] as number) - (divided[i] as number)));
    expect(worst).toBeLessThan(0.1);
  });

  test.each<[string, readonly NodeSketch[], readonly string[], RegExp]>([
    ['an output of the model', attention, ['y', 'p'], /read by more than one/],
    ['two products', [...attention, { op: 'MatMul', inputs: ['r', 'v'], outputs: ['z'] }], ['y', 'z'], /read by more than one/],
    [
      'a sum',
      [...attention.slice(0, 3), { op: 'Add', inputs: ['r', 'r'], outputs: ['w'] }, { op: 'MatMul', inputs: ['w', 'v'], outputs: ['y'] }],
      ['y'],
      /Add reads its probabilities/,
    ],
    [
      'a product from the right',
      [
        ...attention.slice(0, 3),
        { op: 'MatMul', inputs: ['r', 'r'], outputs: ['w'] },
        { op: 'MatMul', inputs: ['w', 'v'], outputs: ['y'] },
      ],
      ['y'],
      /not the left operand/,
    ],
  ])('divides by itself, and says so, where its reader is %s', async (_, nodes, outputs, reason) => {
    const { model, warnings } = await convert(sketch(16, nodes, outputs), ranges, recipe);
    expect(warnings.filter((w) => w.code === 'softmax-divides').map((w) => w.message)).toEqual([expect.stringMatching(reason)]);
    expect(model.ops.find((o) => o.kind === 'softmax')).toMatchObject({ softmax: { mode: 'divide' } });
    expect(model.ops.some((o) => 'deferred' in o)).toBe(false);
    await runLawfully(model);
  });

  test('a row that is masked altogether gives 0', async () => {
    const masked: Sketch = {
      ...sketch(4),
      constants: { m: { shape: [4, 4], data: [0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0] } },
      nodes: [attention[0] as NodeSketch, { op: 'Softmax', domain: 't2c', inputs: ['s', 'm'], outputs: ['p'] }, ...attention.slice(2)],
    };
    const { model } = await convert(masked, ranges, recipe);
    const all = await runLawfully(model);
    const y = real(all, model, 'y');
    expect(y.length).toBe(sizeOf([2, 4, 8]));
    expect([...y.slice(8, 16)].every((v) => v === 0)).toBe(true);
    expect([...y.slice(0, 8)].some((v) => v !== 0)).toBe(true);
  });
});
