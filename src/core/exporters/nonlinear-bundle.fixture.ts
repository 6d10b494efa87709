/**
 * A small text model with everything that is not linear: tokens and their mask as whole numbers, an embedding, layer
 * normalizations of both kinds, masked and unmasked softmax in both modes, a choice. Lowered by the product, its tensors
 * from the slow reading. Also: what can go wrong in such a bundle.
 */
import { createRng } from '../base/rng';
import { readNpy, writeNpy } from '../base/npy';
import type { Sketch } from '../integer/canonical.fixture';
import { slowOp, type Slow } from '../integer/execute/slow.fixture';
import { convert, type Ranges } from '../integer/lawful.fixture';
import type { IntegerModel, LayerNormOp, NonlinearOptions, Rounding } from '../ir/integer-model';
import { parseRecipe } from '../recipe/validate';
import { bundleInput, rehashed, slowRun, withEdit, withManifest } from './tiny-bundle.fixture';
import type { BundleInput } from './bundle-input';

const rng = createRng(12);
const some = (n: number, scale = 1): number[] => Array.from({ length: n }, () => rng.normal() * scale);

const T = 6;
const C = 8;
const wide = [1, T, C] as const;
const square = [1, T, T] as const;
/** Tokens and their mask to two outputs. */
export const textSketch: Sketch = {
  inputs: ['ids', 'attention_mask'],
  outputs: ['y', 'n2'],
  whole: ['ids', 'attention_mask', 'm'],
  shapes: {
    ...{ ids: [1, T], attention_mask: [1, T], m: [1, 1, T], e: wide, h: wide, n: wide, q: wide, k: wide, v: wide, kt: [1, C, T] },
    ...{ s: square, p: square, a: wide, s2: square, p2: square, a2: wide, r: wide, w: wide, y: wide, n2: wide },
  },
  constants: {
    ...{ table: { shape: [300, C], data: some(300 * C) }, position: { shape: [T, C], data: some(T * C, 0.1) } },
    ...{ g: { shape: [C], data: [1, -2, 0, 0.5, 1, 1, 3, 1] }, b: { shape: [C], data: some(C, 0.2) } },
    ...{ wq: { shape: [C, C], data: some(C * C, 0.4) }, wk: { shape: [C, C], data: some(C * C, 0.4) } },
    ...{ wv: { shape: [C, C], data: some(C * C, 0.4) }, choose: { shape: [T, 1], data: [1, 1, 0, 1, 1, 1], bools: true } },
    causal: { shape: [T, T], data: Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? 1 : 0)) },
    ...{ axes: { shape: [1], data: [1], ints: true }, zero: { shape: [1], data: [0.25] } },
  },
  nodes: [
    { op: 'Unsqueeze', inputs: ['attention_mask', 'axes'], outputs: ['m'] },
    { op: 'Gather', inputs: ['table', 'ids'], outputs: ['e'] },
    { op: 'Add', inputs: ['e', 'position'], outputs: ['h'] },
    { op: 'LayerNormalization', domain: 't2c', inputs: ['h', 'g', 'b'], outputs: ['n'], attrs: { epsilon: '1e-6' } },
    { op: 'MatMul', inputs: ['n', 'wq'], outputs: ['q'] },
    { op: 'MatMul', inputs: ['n', 'wk'], outputs: ['k'] },
    { op: 'MatMul', inputs: ['n', 'wv'], outputs: ['v'] },
    { op: 'Transpose', inputs: ['k'], outputs: ['kt'], attrs: { perm: [0, 2, 1] } },
    { op: 'MatMul', inputs: ['q', 'kt'], outputs: ['s'] },
    { op: 'Softmax', domain: 't2c', inputs: ['s', 'm'], outputs: ['p'], attrs: { keep: 1 } },
    { op: 'MatMul', inputs: ['p', 'v'], outputs: ['a'] },
    { op: 'Softmax', domain: 't2c', inputs: ['s', 'causal'], outputs: ['p2'] },
    { op: 'MatMul', inputs: ['p2', 'a'], outputs: ['a2'] },
    { op: 'Add', inputs: ['a2', 'h'], outputs: ['r'] },
    { op: 'Where', inputs: ['choose', 'r', 'zero'], outputs: ['w'] },
    { op: 'RMSNormalization', domain: 't2c', inputs: ['w', 'g'], outputs: ['y'], attrs: { epsilon: '1e-5' } },
    { op: 'LayerNormalization', domain: 't2c', inputs: ['w', 'g', 'b'], outputs: ['n2'], attrs: { epsilon: '1e-12' } },
  ],
};
const ranges: Ranges = {
  ...{ h: [-3, 3], n: [-6, 6], q: [-5, 5], k: [-5, 5], v: [-5, 5], s: [-9, 9], a: [-5, 5], a2: [-5, 5], r: [-6, 6] },
  ...{ w: [-6, 6], y: [-7, 7], n2: [-7, 7] },
};

export async function nonlinearInput(mode: NonlinearOptions['softmax'] = 'divide', rounding: Rounding = 'half-up'): Promise<BundleInput> {
  const recipe = parseRecipe({
    nonlinear: { softmax: mode, layernorm: mode === 'deferred' ? 'divide' : mode, probabilityBits: '16' },
    arithmetic: { rounding },
  });
  const { model } = await convert(textSketch, ranges, recipe);
  const ids = [0n, 299n, 7n, 150n, 42n, 42n];
  const mask = [1n, 1n, 1n, 1n, 0n, 0n];
  return bundleInput(model, slowRun(model, { ids, attention_mask: mask }));
}

/** Is every input of the model a whole number? (So that the fixture is what it says.) */
export function readsTokens(model: IntegerModel): boolean {
  return model.inputs.every((name) => model.values.get(name)?.whole === true);
}

type Files = ReadonlyMap<string, Uint8Array>;
const norms = ['layernormalization3', 'rmsnormalization15', 'layernormalization16'] as const;

/** The stored output of an op as it would be with a square root that is `error` off. */
function spoiledRoot(files: Files, input: BundleInput, name: string, error: bigint): Files {
  const op = input.integer.ops.find((o): o is LayerNormOp => o.name === name && o.kind === 'layernorm');
  if (!op) throw new Error(name);
  const slow = new Map<string, Slow>(
    [...input.tensors].map(([n, t]) => [n, { shape: t.shape, data: Array.from(t.data as ArrayLike<number>, BigInt) }]),
  );
  const path = `tensors/${name}_yq.npy`;
  const array = readNpy(files.get(path) as Uint8Array, path);
  const data = (array.data as Int16Array).slice();
  slowOp(op, slow, input.integer, error).output.data.forEach((v, i) => (data[i] = Number(v)));
  return rehashed(new Map(files).set(path, writeNpy({ ...array, data })), path);
}

const flip =
  (i: number, by = 1) =>
  (data: Int32Array): void => {
    data[i] = (data[i] as number) ^ by;
  };

/** Each must be found by every checker. Hashes and extrema are mended. */
export const nonlinearFaults: readonly { readonly name: string; readonly plant: (files: Files, input: BundleInput) => Files }[] = [
  { name: 'a square root one too large', plant: (f, i) => spoiledRoot(f, i, norms[2], 1n) },
  { name: 'a square root one too small', plant: (f, i) => spoiledRoot(f, i, norms[1], -1n) },
  { name: 'one entry of the table of exp', plant: (f) => withEdit(f, 'params/softmax9_lut.npy', flip(0, 4096)) },
  { name: 'one bit of a constant mask', plant: (f) => withEdit(f, 'params/softmax11_mask.npy', flip(1)) },
  { name: 'one bit of a mask that is an input', plant: (f) => withEdit(f, 'tensors/attention_mask.npy', flip(5)) },
  { name: 'one token', plant: (f) => withEdit(f, 'tensors/ids.npy', flip(2, 3)) },
  { name: 'one integer of an embedding', plant: (f) => withEdit(f, 'tensors/gather1_x2.npy', flip(7 * C + 3, 64)) },
  { name: 'one condition', plant: (f) => withEdit(f, 'params/where14_mask.npy', flip(2)) },
  { name: 'one probability', plant: (f) => withEdit(f, 'tensors/softmax9_yq.npy', flip(0)) },
  { name: 'one gain', plant: (f) => withEdit(f, `params/${norms[2]}_G.npy`, flip(1, 1 << 14)) },
  {
    name: 'one offset',
    plant: (f) => withEdit(f, `params/${norms[2]}_H.npy`, (d) => ((d as unknown as BigInt64Array)[0] = 1n << 24n)), // int64 in the file
  },
  ...norms.slice(1).flatMap((name) =>
    (
      [
        ['the shift', (a) => ({ ...a, shift: a.shift - 1 })],
        ['the zero point', (a) => ({ ...a, zeroPoint: a.zeroPoint + 1 })],
        ['f', (a) => ({ ...a, f: a.f + 1 })],
        ['k', (a) => ({ ...a, k: a.k - 1 })],
        ['the clamp', (a) => ({ ...a, hi: 100 })],
        ['the mean', (a) => ({ ...a, rms: !a.rms })],
        ['epsilon', (a) => ({ ...a, E: String(BigInt(a.E) + (1n << 44n)) })],
      ] as readonly [string, (a: LayerNormOp['layernorm']) => LayerNormOp['layernorm']][]
    ).map(([what, edit]) => ({
      name: `${what} of ${name}`,
      plant: (f: Files) =>
        withManifest(f, (m) => {
          for (const op of m.ops) if (op.kind === 'layernorm' && op.name === name) op.layernorm = edit(op.layernorm);
        }),
    })),
  ),
  {
    name: 'a softmax along another axis',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const op of m.ops) if (op.kind === 'softmax' && op.name === 'softmax9') op.softmax.axis = 1;
      }),
  },
  {
    name: 'a mask that is left out',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const op of m.ops) if (op.kind === 'softmax' && op.name === 'softmax11') op.softmax.mask = null;
      }),
  },
  { name: 'another rounding', plant: (f) => withManifest(f, (m) => (m.arithmetic.rounding = 'floor')) },
];

/** The same where the products divide for their softmax. */
export const deferredFaults: typeof nonlinearFaults = [
  { name: 'one entry of a table of 8-bit exponentials', plant: (f) => withEdit(f, 'params/softmax9_lut.npy', flip(0, 2)) },
  { name: 'one exponential', plant: (f) => withEdit(f, 'tensors/softmax9_yq.npy', flip(0)) },
  {
    name: 'the shift of a product that divides',
    plant: (f) => withEdit(f, 'params/matmul10_shift.npy', (d) => (d[0] = (d[0] as number) - 1)),
  },
  {
    name: 'the multiplier of a product that divides',
    plant: (f) => withEdit(f, 'params/matmul10_mul.npy', (d) => (d[0] = (d[0] as number) + 900)),
  },
  { name: 'one bit of a mask that is an input', plant: (f) => withEdit(f, 'tensors/attention_mask.npy', flip(5)) },
  {
    name: 'a product that no longer divides',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const op of m.ops) if (op.kind === 'matmul' && op.name === 'matmul12') delete op.deferred;
      }),
  },
  {
    name: 'a product that divides for nobody',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const op of m.ops) if (op.kind === 'matmul' && op.name === 'matmul8') op.deferred = true;
      }),
  },
  {
    name: 'a softmax that divides too',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const op of m.ops) if (op.kind === 'softmax' && op.name === 'softmax9') op.softmax.mode = 'divide';
      }),
  },
];
