/**
 * Dumps of a simulator against the tensors of the converted sample: read, matched by name, kept as long as the conversion is.
 * One that does not fit leaves the one that was there.
 */
import {
  differenceOf,
  dumpStem,
  fileStem,
  isSigned,
  layoutOf,
  mismatchesOf,
  readDump,
  storageBits,
  StudioError,
  type DumpValues,
} from '../core/index';
import type { IntTensor } from '../core/ir/integer-model';
import type { DumpOutcome, DumpResult, DumpWindow } from './chip-api';
import type { FileInput } from './api';
import { layerTensors } from './layer';
import { tensorOfRole, windowOf, type LayerTensor } from './layer-tensors';
import { bytesOfFile } from './read-files';
import type { Converted, OpenModel } from './state';

export interface KeptDump {
  readonly result: DumpResult;
  readonly golden: IntTensor;
  readonly values: DumpValues;
  /** Positions of what differs, ascending. */
  readonly differing: Uint32Array;
  /** What a grid shows: numbers of 32 bits, and DumpWindow.marks. */
  readonly shown: { readonly got: Int32Array; readonly marks: Int32Array };
}

export interface DumpTarget {
  readonly layer: string;
  readonly role: string;
}

/** Each file by itself; `keep` gets those that could be read. */
export async function compareDumps(
  files: readonly FileInput[],
  target: DumpTarget | undefined,
  model: OpenModel,
  converted: Converted,
  keep: (dump: KeptDump) => void,
): Promise<readonly DumpOutcome[]> {
  const outcomes: DumpOutcome[] = [];
  for (const file of files) {
    const { name } = file;
    try {
      const place = target ?? placeOf(dumpStem(name), converted);
      const dump = readAgainst(
        await bytesOfFile(file),
        name,
        place,
        tensorOfRole(layerTensors(model, converted, place.layer), place.layer, place.role),
      );
      keep(dump);
      outcomes.push({ name, result: dump.result });
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
      outcomes.push({ name, error: error.fields });
    }
  }
  return outcomes;
}

function readAgainst(bytes: Uint8Array, name: string, { layer, role }: DumpTarget, { value, tensor }: LayerTensor): KeptDump {
  const { dtype, shape, data } = tensor;
  const q = value.quant;
  const target = { bits: q?.bits ?? storageBits(dtype), signed: q?.signed ?? isSigned(dtype), dtype, elements: data.length };
  const { format, values } = readDump(bytes, name, target);
  const differing = mismatchesOf(tensor, values);
  const result = { id: `${layer}/${role}`, layer, role, name, shape, format, ...differenceOf(tensor, values, differing) };
  const got = Int32Array.from(values, (v) => Math.max(-0x80000000, Math.min(0x7fffffff, Number(v ?? 0))));
  const marks = Int32Array.from(values, (v, i) => (v === undefined ? 2 : v === data[i] ? 0 : 1));
  return { result, golden: tensor, values, differing, shown: { got, marks } };
}

/** As files of a bundle are called; the name of an op, or of a value, means its output. */
function placeOf(stem: string, { integer }: Converted): DumpTarget {
  const layout = layoutOf(integer);
  const base = (path: string | undefined): string | undefined => path?.slice(path.lastIndexOf('/') + 1).replace(/\.npy$/, '');
  for (const role of ['yq', 'y', 'x1', 'x2'] as const) {
    for (const [layer, paths] of layout.files) if (base(paths[role]) === stem) return { layer, role };
  }
  const op = integer.ops.find((o) => o.name === stem || fileStem(o.name) === stem) ?? integer.ops.find((o) => fileStem(o.output) === stem);
  if (op) return { layer: op.name, role: 'yq' };
  throw new StudioError({
    code: 'bad-data',
    what: 'The dump has not the name of a tensor',
    expected: 'the name of its file in a bundle, such as layer1.0.conv1_yq.mem',
    got: stem,
    todo: 'Rename it, or drop it on the layer that it belongs to.',
  });
}

export function dumpWindow(
  { golden, shown }: KeptDump,
  index: readonly number[],
  window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
): DumpWindow {
  const cut = (data: Int32Array): Int32Array => windowOf({ dtype: 'int32', shape: golden.shape, data }, index, window).values;
  return { values: cut(shown.got), marks: Uint8Array.from(cut(shown.marks)) };
}

/** Around the end, by bisection. */
export function nextPosition(differing: Uint32Array, position: number, by: 1 | -1): number | undefined {
  let lo = 0;
  let hi = differing.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if ((differing[middle] as number) < position) lo = middle + 1;
    else hi = middle;
  }
  const at = by > 0 ? (differing[lo] === position ? lo + 1 : lo) : lo - 1;
  return differing[(at + differing.length) % Math.max(1, differing.length)];
}
