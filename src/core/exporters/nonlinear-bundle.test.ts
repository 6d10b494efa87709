import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { deferredFaults, nonlinearFaults, nonlinearInput, readsTokens } from './nonlinear-bundle.fixture';
import { readBundle } from './read-bundle';
import { collect, withManifest } from './tiny-bundle.fixture';
import { verifyBundle } from './verify';

describe('a bundle with softmax, layer normalization and embeddings', () => {
  test('has no island, reads tokens, and is what it was made from when read back', async () => {
    const input = await nonlinearInput();
    expect(input.integer.islands).toEqual([]);
    expect(readsTokens(input.integer)).toBe(true);
    const kinds = new Set(input.integer.ops.map((op) => op.kind));
    for (const kind of ['softmax', 'layernorm', 'gather', 'where', 'lut'] as const) expect(kinds.has(kind)).toBe(true);
    const bundle = readBundle(await collect({ ...input, formats: ['hex'] }));
    expect(bundle.model.ops).toEqual(input.integer.ops);
    expect(new Map(bundle.model.values)).toEqual(new Map(input.integer.values));
    expect(new Map(bundle.tensors)).toEqual(new Map(input.tensors));
    for (const [name, c] of input.integer.constants) expect(bundle.model.constants.get(name)?.data).toEqual(c.data);
  });

  test.each([
    ['divide', 'half-up'],
    ['divide', 'half-even'],
    ['reciprocal', 'half-away'],
    ['reciprocal', 'floor'],
    ['deferred', 'half-up'],
    ['deferred', 'half-even'],
  ] as const)('verifyBundle accepts what the slow BigInt reading made: %s, %s', async (mode, rounding) => {
    const report = await verifyBundle(await collect(await nonlinearInput(mode, rounding)), quietContext());
    expect(report.faults).toEqual([]);
  });

  test.each(nonlinearFaults)('verifyBundle finds $name', async ({ plant }) => {
    const input = await nonlinearInput();
    const report = await verifyBundle(plant(await collect(input), input), quietContext());
    expect(report.ok).toBe(false);
    expect(report.faults.every((f) => f.kind !== 'hash')).toBe(true);
  });

  test.each(deferredFaults)('verifyBundle finds $name', async ({ plant }) => {
    const input = await nonlinearInput('deferred');
    const report = await verifyBundle(plant(await collect(input), input), quietContext());
    expect(report.ok).toBe(false);
    expect(report.faults.every((f) => f.kind !== 'hash')).toBe(true);
  });

  test('verifyBundle redoes the proofs: the row sum, the width of V, the last product', async () => {
    const files = await collect(await nonlinearInput());
    const messages = async (edit: Parameters<typeof withManifest>[1]): Promise<string> =>
      (await verifyBundle(withManifest(files, edit), quietContext())).faults.map((f) => f.message).join('\n');
    expect(
      await messages((m) => {
        for (const op of m.ops)
          if (op.name === 'matmul10' && op.kind === 'matmul') op.accumulator = { ...op.accumulator, bound: '8000000' };
      }),
    ).toMatch(/matmul10: its weights let the accumulator reach \d+/);
    expect(
      await messages((m) => {
        for (const op of m.ops) if (op.kind === 'layernorm') op.layernorm.bound = '1000';
      }),
    ).toMatch(/layernormalization3: its V can reach \d+, the manifest's bound is 1000/);
    expect(
      await messages((m) => {
        for (const op of m.ops) if (op.kind === 'layernorm') op.layernorm.k = 50;
      }),
    ).toMatch(/could leave 64 bits/);
  });
});
