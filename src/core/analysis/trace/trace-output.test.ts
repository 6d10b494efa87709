import { describe, expect, test } from 'vitest';
import { nonlinearInput } from '../../exporters/nonlinear-bundle.fixture';
import { profileInput, profiles } from '../../exporters/profile-bundle.fixture';
import { tinyModel } from '../../exporters/tiny-bundle.fixture';
import { tokenInput } from '../../exporters/token-bundle.fixture';
import type { IntegerModel, IntTensor } from '../../ir/integer-model';
import { expectTraced } from './traced.fixture';
import { floorRoot } from './normalization';
import { traceOutput } from './trace-output';
import { traceText } from './text';

const roundings = ['half-up', 'half-even', 'half-away', 'floor'] as const;

function allTraced(model: IntegerModel, tensors: ReadonlyMap<string, IntTensor>): void {
  for (const op of model.ops) expect(expectTraced(op, model, tensors)).toBeGreaterThan(0);
}

describe('a trace ends with the element of the slow reading', () => {
  test.each(roundings)('in a network of every kind of op that a CNN has, rounded %s', (rounding) => {
    const { model, tensors } = tinyModel(rounding);
    allTraced(model, tensors);
  });

  test.each(roundings.flatMap((r) => (['divide', 'reciprocal', 'deferred'] as const).map((mode) => [mode, r] as const)))(
    'in a small transformer that divides by %s, rounded %s',
    async (mode, rounding) => {
      const { integer, tensors } = await nonlinearInput(mode, rounding);
      allTraced(integer, tensors);
    },
  );

  test.each(roundings)('where tokens have scales of their own, rounded %s', async (rounding) => {
    const { integer, tensors } = await tokenInput(rounding);
    allTraced(integer, tensors);
  });
  test.each(profiles.map((p) => [JSON.stringify(p), p] as const))('under the profile %s', async (_, profile) => {
    const { integer, tensors } = await profileInput(profile);
    allTraced(integer, tensors);
  });
});

describe('what a trace says', () => {
  const { model, tensors } = tinyModel();

  test('padding holds the zero point and adds nothing', () => {
    const { terms } = traceOutput(model, tensors, 'layer1.0.conv1', [0, 2, 0, 0]);
    const padding = terms?.rows.filter((r) => r.mark === 'padding') ?? [];
    expect(padding).toHaveLength(3 * 5);
    for (const row of padding) {
      expect(row.at[0]).toBeUndefined();
      expect([row.values[0], row.values[1], row.values.at(-1)]).toEqual([7n, 0n, 0n]);
    }
    expect(terms?.rows.find((r) => r.mark === undefined)).toMatchObject({
      at: [
        [0, 0, 0, 0],
        [2, 0, 1, 1],
      ],
    });
  });

  test('an input that an op made can be followed to that op', () => {
    const { operands } = traceOutput(model, tensors, 'add', [0, 0, 0, 0]);
    expect(operands).toEqual([
      { role: 'x1', value: 'max', madeBy: 'maxpool' },
      { role: 'x2', value: 'avg', madeBy: 'avgpool' },
    ]);
    expect(traceOutput(model, tensors, 'layer1.0.conv1', [0, 0, 0, 0]).operands[0]).toMatchObject({ value: 'image', madeBy: undefined });
  });

  test('what was moved says where it came from', () => {
    const line = traceOutput(model, tensors, 'concat', [0, 1, 2, 4]).lines.at(-1);
    expect(line?.from).toEqual({ value: 'part', index: [0, 1, 2, 1] });
    expect(traceOutput(model, tensors, 'pad', [0, 0, 0, 1]).lines.at(-1)).toMatchObject({ value: -3n, from: undefined });
  });

  test('as text: the table in order or by size, then every number in three bases', () => {
    const trace = traceOutput(model, tensors, 'fc', [0, 3]);
    const text = traceText(trace, { order: 'size', terms: 4 });
    const lines = text.split('\n');
    expect(lines[0]).toBe('fc (gemm): logits[0, 3] of [1, 5], position 3');
    expect(text).toContain('and 8 more');
    const acc = trace.lines.find((l) => l.symbol === 'acc')?.value as bigint;
    const line = lines.find((l) => /^ *acc +-?\d/.test(l));
    expect(line).toContain(String(acc));
    expect(line).toContain(`0x${BigInt.asUintN(32, acc).toString(16).padStart(8, '0')}`);
    const sizes = lines.slice(5, 9).map((l) => Math.abs(Number(l.trim().split(/\s+/).at(-1))));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(traceText(trace, { order: 'index' }).split('\n').length).toBe(lines.length + 8 - 1);
  });

  test('an op or an element that is not there is refused by name', () => {
    expect(() => traceOutput(model, tensors, 'conv9', [0])).toThrow(/no such op/);
    expect(() => traceOutput(model, tensors, 'fc', [0, 5])).toThrow(/no such element/);
    expect(() => traceOutput(model, tensors, 'fc', [3])).toThrow(/no such element/);
    expect(() => traceOutput(model, tensors, 'fc', [0, 0.5])).toThrow(/no such element/);
  });
});

test('a root is rounded down, also beside squares beyond 2^53', () => {
  for (const a of [0n, 1n, 2n, 3n, 94906267n, 2n ** 31n - 1n]) {
    for (const [v, root] of [
      [a * a, a],
      [a * a + 2n * a, a],
    ] as const)
      expect(floorRoot(v)).toBe(root);
    if (a > 0n) expect(floorRoot(a * a - 1n)).toBe(a - 1n);
  }
});
