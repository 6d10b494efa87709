import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { flipBit, plantedFaults } from './faults.fixture';
import { collect, tinyInput, withManifest } from './tiny-bundle.fixture';
import { verifyBundle } from './verify';

describe('verifyBundle', () => {
  test.each(['half-up', 'half-even', 'half-away', 'floor'] as const)('accepts what the slow BigInt reading made: %s', async (rounding) => {
    const report = await verifyBundle(await collect(tinyInput(rounding)), quietContext());
    expect(report.faults).toEqual([]);
    expect(report.ok).toBe(true);
  });

  test.each(plantedFaults)('finds $name', async ({ plant }) => {
    const report = await verifyBundle(plant(await collect(tinyInput())), quietContext());
    expect(report.ok).toBe(false);
    expect(report.faults.every((f) => f.kind !== 'hash')).toBe(true);
  });

  test('finds every bit that is flipped in the last element of any file, and names the tensor', async () => {
    const files = await collect(tinyInput());
    let bit = 0;
    for (const path of files.keys()) {
      if (path === 'manifest.json') continue;
      const report = await verifyBundle(flipBit(files, path, bit++ % 8), quietContext());
      expect(report.faults[0]).toMatchObject({ kind: 'hash', file: path });
      if (path.endsWith('.npy')) expect(report.faults[0]?.tensor).toBeDefined();
    }
  });

  test('says element, expected and got of the first mismatch', async () => {
    const report = await verifyBundle(flipBit(await collect(tinyInput()), 'tensors/add_yq.npy', 0), quietContext());
    const element = report.faults.find((f) => f.kind === 'element');
    expect(element).toMatchObject({ tensor: 'sum', file: 'tensors/add_yq.npy', index: [0, 3, 3, 1], differing: 1 });
    expect(Math.abs(Number(element?.expected) - Number(element?.got))).toBe(1);
  });

  test('redoes the accumulator proof from the weights that are stored', async () => {
    const files = withManifest(await collect(tinyInput()), (m) => {
      for (const op of m.ops) if (op.kind === 'gemm') op.accumulator = { ...op.accumulator, bound: '1000', boundBits: 11 };
    });
    const report = await verifyBundle(files, quietContext());
    expect(report.faults[0]?.message).toMatch(/^fc: its weights let the accumulator reach \d+, the manifest's bound is 1000$/);
  });

  test('a missing tensor is a fault that names it', async () => {
    const files = new Map(await collect(tinyInput()));
    files.delete('tensors/fc_x1.npy');
    const report = await verifyBundle(files, quietContext());
    expect(report.faults[0]?.message).toBe('tensors/fc_x1.npy (tensor fc_x1) is missing');
  });
});
