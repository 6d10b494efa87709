/** Every requantization profile from the recipe to the bundle: slow reading, laws, verifier, faults. */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { convert, randomInputs, runLawfully } from '../integer/lawful.fixture';
import { limitOf } from '../integer/accumulator';
import { parseRecipe } from '../recipe/validate';
import { registerRefusal } from './integer-onnx-register';
import { LAWFUL, profileInput, profileModel, profiles } from './profile-bundle.fixture';
import { readBundle } from './read-bundle';
import { collect, withManifest } from './tiny-bundle.fixture';
import { slowModel } from './token-slow.fixture';
import { verifyBundle } from './verify';

describe.each(profiles.map((p, i) => [JSON.stringify(p), p, i < LAWFUL] as const))('%s', (_, profile, lawful) => {
  test('every tensor is what BigInt gives', async () => {
    for (const more of [{}, { residualBits: 12, weights: { bits: 5 } }]) {
      const model = await profileModel(profile, more);
      for (const seed of [1, 2]) {
        const inputs = randomInputs(model, createRng(seed));
        await slowModel(model, inputs, lawful ? await runLawfully(model, seed, inputs) : undefined);
      }
    }
  });

  test('its bundle is verified and read back', async () => {
    const input = await profileInput(profile);
    const files = await collect(input);
    expect((await verifyBundle(files, quietContext())).faults).toEqual([]);
    expect(readBundle(files).model.arithmetic).toEqual(input.integer.arithmetic);
  });
});

test('a narrow register is used, and a wide one changes nothing', async () => {
  const narrow = await profileModel(profiles[7]);
  expect(narrow.ops.filter((op) => limitOf(op, narrow)).map((op) => op.kind)).toContain('conv');
  const wide = await profileModel(profiles[4]);
  expect(wide.ops.filter((op) => limitOf(op, wide))).toEqual([]);
});

test('one shift per layer is one number for all channels, and the verifier wants it so', async () => {
  const input = await profileInput(profiles[3]);
  for (const op of input.integer.ops) {
    if ('requant' in op && op.requant)
      expect(new Set(Array.from((input.integer.constants.get(op.requant.shift)?.data ?? []) as ArrayLike<number>)).size).toBe(1);
  }
  const own = await collect(await profileInput({ ...profiles[3], shift: 'channel' }));
  const report = await verifyBundle(
    withManifest(own, (m) => (m.arithmetic.shift = 'layer')),
    quietContext(),
  );
  expect(report.faults.map((f) => f.message).join()).toMatch(/says that a layer has one shift, this one has several/);
});

test.each([
  ['the style', 0, (a: Record<string, unknown>): void => void (a['multiplier'] = 'qformat')],
  ['the rounding of the last shift', 0, (a: Record<string, unknown>): void => void (a['rounding'] = 'floor')],
  ['the register', 7, (a: Record<string, unknown>): void => void delete a['accumulator']],
  ['its width', 8, (a: Record<string, unknown>): void => void (a['accumulator'] = { bits: 13, overflow: 'saturate' })],
  ['its overflow', 7, (a: Record<string, unknown>): void => void (a['accumulator'] = { bits: 14, overflow: 'saturate' })],
] as const)('verifyBundle sees another profile than the one that was used: %s', async (_, i, edit) => {
  const files = await collect(await profileInput(profiles[i]));
  const report = await verifyBundle(
    withManifest(files, (m) => void edit(m.arithmetic)),
    quietContext(),
  );
  expect(report.ok).toBe(false);
});

test('sums beyond 32 bits are refused, unless the accumulator wraps: then ONNX has no exact form and says so', async () => {
  const columns = 80_000;
  const sketch = {
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [1, columns], y: [1, 2] },
    constants: { w: { shape: [columns, 2], data: Array.from({ length: 2 * columns }, (_, i) => (i % 3 === 0 ? -1 : 1)) } },
  };
  const ranges = { x: [0, 1], y: [-1e5, 1e5] } as const;
  await expect(convert(sketch, ranges)).rejects.toThrow(/An accumulator could leave 32 bits/);
  const saturating = parseRecipe({ arithmetic: { accumulator: { bits: 32, overflow: 'saturate' } } });
  await expect(convert(sketch, ranges, saturating)).rejects.toThrow(/could leave 32 bits/);
  for (const bits of [32, 24]) {
    const { model } = await convert(sketch, ranges, parseRecipe({ arithmetic: { accumulator: { bits, overflow: 'wrap' } } }));
    const inputs = randomInputs(model, createRng(1));
    for (const t of inputs.values()) (t.data as Uint8Array).fill(255);
    await slowModel(model, inputs, undefined);
    expect(registerRefusal(model)).toMatch(/the sums of matmul0 can leave 32 bits/);
  }
});

test('TFLite multipliers take what fits 32 bits: other sums are refused by name', async () => {
  const recipe = parseRecipe({ arithmetic: { multiplier: { kind: 'tflite' } }, residualBits: 16 });
  const sketch = {
    nodes: [
      { op: 'Add', inputs: ['x', 'z'], outputs: ['s'] },
      { op: 'Mul', inputs: ['s', 's'], outputs: ['y'] },
    ],
    inputs: ['x', 'z'],
    outputs: ['y'],
    shapes: { x: [1, 4], z: [1, 4], s: [1, 4], y: [1, 4] },
  };
  await expect(convert(sketch, { x: [0, 1], z: [0, 1], s: [0, 2], y: [0, 4] }, recipe)).rejects.toThrow(
    /A TFLite multiplier takes sums of 32 bits/,
  );
});

test('a recipe says what it means: defaults, and what cannot be', () => {
  expect(parseRecipe({ arithmetic: { multiplier: { kind: 'tflite' } } }).arithmetic).toEqual({
    rounding: 'half-away',
    multiplier: { kind: 'tflite' },
  });
  expect(parseRecipe({ arithmetic: { shift: 'channel' } }).arithmetic).toEqual(parseRecipe({}).arithmetic);
  const register = { bits: 24, overflow: 'wrap' };
  expect(parseRecipe({ arithmetic: { shift: 'layer', accumulator: register } }).arithmetic).toMatchObject({
    shift: 'layer',
    accumulator: register,
  });
  expect(() => parseRecipe({ arithmetic: { shift: 'layer', multiplier: { kind: 'pow2' } } })).toThrow(/could not tell its channels apart/);
  expect(() => parseRecipe({ arithmetic: { accumulator: { bits: 33, overflow: 'wrap' } } })).toThrow(
    /arithmetic\.accumulator\.bits: at most 32 bits/,
  );
  expect(() => parseRecipe({ arithmetic: { accumulator: { bits: 24, overflow: 'clip' } } })).toThrow(/accumulator\.overflow/);
});
