/** Faults planted into the tiny bundle: each must be found by every checker. Hashes and extrema are mended. */
import { readNpy } from '../base/npy';
import { withEdit, withManifest } from './tiny-bundle.fixture';

type Files = ReadonlyMap<string, Uint8Array>;

/** Adds one to element i, or takes one away where it is at the top of its range. */
const bump =
  (i: number, by = 1) =>
  (data: Int32Array): void => {
    data[i] = (data[i] as number) + by;
  };

export const plantedFaults: readonly { readonly name: string; readonly plant: (files: Files) => Files }[] = [
  {
    name: 'the zero point of the tensor that a layer writes, where nothing recomputes with it',
    plant: (f) => withManifest(f, (m) => m.outputs.forEach((name) => ((m.tensors[name] as { zeroPoint: number }).zeroPoint -= 1))),
  },
  {
    name: 'the range of the tensor that a layer writes, wider than its clamp allows',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const op of m.ops) if (op.kind === 'gemm') op.requant.hi = (m.tensors[op.output]?.hi ?? 0) + 1;
      }),
  },
  {
    name: 'the bits of a tensor',
    plant: (f) => withManifest(f, (m) => m.inputs.forEach((name) => ((m.tensors[name] as { bits: number }).bits -= 1))),
  },
  {
    name: 'the zero point of a weight, which every reader takes for 0',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const t of Object.values(m.tensors)) if (t.role === 'weight') t.zeroPoint += 1;
      }),
  },
  {
    name: 'the zero point of what a move hands on',
    plant: (f) =>
      withManifest(f, (m) => {
        const moved = m.ops.flatMap((op) => (op.kind === 'reshape' ? [m.tensors[op.output]] : []));
        for (const t of moved) if (t) t.zeroPoint += 1;
      }),
  },
  { name: 'another rounding', plant: (f) => withManifest(f, (m) => (m.arithmetic.rounding = 'floor')) },
  {
    name: 'the zero point of an input',
    plant: (f) =>
      withManifest(
        f,
        (m) =>
          void Object.values(m.tensors)
            .filter((t) => t.role === 'input')
            .forEach((t) => (t.zeroPoint += 1)),
      ),
  },
  {
    name: 'the zero point of an output',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const op of m.ops) if (op.kind === 'gemm') op.requant.zeroPoint += 1;
      }),
  },
  {
    name: 'one entry of a table, which the sample uses',
    plant: (f) => {
      const used = Number(readNpy(f.get('tensors/dw_yq.npy') as Uint8Array, 'dw_yq').data[0]) + 128;
      return withEdit(f, 'params/act_lut.npy', (d) => (d[used] = (d[used] as number) ^ 1));
    },
  },
  { name: 'one shift', plant: (f) => withEdit(f, 'params/fc_shift.npy', bump(2)) },
  { name: 'one multiplier', plant: (f) => withEdit(f, 'params/fc_mul.npy', bump(1, 900)) },
  { name: 'one weight', plant: (f) => withEdit(f, 'tensors/layer1.0.conv1_x2.npy', (d) => (d[17] = (d[17] as number) > 0 ? -5 : 5)) },
  { name: 'one bias', plant: (f) => withEdit(f, 'params/fc_bias.npy', bump(3)) },
  { name: 'one element of an output', plant: (f) => withEdit(f, 'tensors/add_yq.npy', (d) => (d[9] = (d[9] as number) ^ 1)) },
  { name: 'one element of an accumulator', plant: (f) => withEdit(f, 'tensors/dw_y.npy', bump(4)) },
  { name: 'one element of a copied operand', plant: (f) => withEdit(f, 'tensors/fc_x1.npy', (d) => (d[0] = (d[0] as number) ^ 1)) },
  { name: 'one input integer', plant: (f) => withEdit(f, 'tensors/image.npy', (d) => (d[40] = (d[40] as number) ^ 128)) },
  { name: 'one index of a gather', plant: (f) => withEdit(f, 'params/gather_indices.npy', (d) => (d[1] = d[1] === 0 ? 1 : 0)) },
  {
    name: 'a stride',
    plant: (f) =>
      withManifest(f, (m) => {
        for (const op of m.ops) if (op.name === 'slice' && op.kind === 'slice') op.attrs.steps = [-1];
      }),
  },
];

/** One bit of one file flipped, its hash as it was. */
export function flipBit(files: Files, path: string, bit: number): Files {
  const bytes = (files.get(path) as Uint8Array).slice();
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ (1 << bit);
  return new Map(files).set(path, bytes);
}
