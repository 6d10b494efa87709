/**
 * A simulator's dump against the golden tensor of a bundle: .mem and other hex text, .npy, or decimal text.
 * Elements that the simulator left unknown (x, z) differ from everything.
 */
import { latin1Decode } from '../base/bytes';
import { StudioError } from '../base/errors';
import { readNpy } from '../base/npy';
import { sizeOf } from '../ir/tensor';
import { indexOf } from './fault';
import type { Manifest, ManifestTensor } from './manifest';
import { readMem } from './mem';
import { readManifest, readTensorFile } from './read-bundle';

export interface CompareReport {
  readonly tensor: string;
  readonly file: string;
  readonly elements: number;
  readonly differing: number;
  /** Row-major, first element that differs. */
  readonly first: { readonly index: readonly number[]; readonly expected: string; readonly got: string } | undefined;
}

/** The tensor file of a bundle that a dump's name means: `layer1.conv1_yq.mem` is `tensors/layer1.conv1_yq.npy`. */
export function goldenFor(
  manifest: Manifest,
  dump: string,
): { readonly path: string; readonly info: ManifestTensor; readonly tensor: string } {
  const stem = (dump.split(/[\\/]/).at(-1) as string).replace(/\.[^.]+$/, '');
  for (const folder of ['tensors', 'params']) {
    const path = `${folder}/${stem}.npy`;
    for (const [tensor, info] of Object.entries(manifest.tensors)) if (info.file === path) return { path, info, tensor };
    for (const op of manifest.ops) {
      const weight = 'weight' in op ? op.weight : undefined;
      const value = op.files.x1 === path ? op.inputs[0] : op.files.x2 === path ? (weight ?? op.inputs[1]) : undefined;
      const info = value === undefined ? undefined : manifest.tensors[value];
      if (info) return { path, info, tensor: stem };
    }
  }
  throw new StudioError({
    code: 'bad-usage',
    what: 'The dump has not the name of a tensor of the bundle',
    expected: 'for example layer1.0.conv1_yq.mem',
    got: stem,
    where: { file: dump },
  });
}

/** Throws `bad-data` where the dump cannot be read or has another number of elements. */
export function compareDump(
  files: ReadonlyMap<string, Uint8Array>,
  dump: { readonly name: string; readonly bytes: Uint8Array },
): CompareReport {
  const { path, info, tensor } = goldenFor(readManifest(files), dump.name);
  const golden = readTensorFile(files, path, info, tensor);
  const elements = sizeOf(info.shape);
  const got = elementsOf(dump.bytes, dump.name, info);
  if (got.length !== elements) {
    throw new StudioError({
      code: 'bad-data',
      what: 'The dump has another number of elements',
      expected: String(elements),
      got: String(got.length),
      where: { file: dump.name, value: tensor },
    });
  }
  let differing = 0;
  let first: CompareReport['first'];
  for (let i = 0; i < elements; i++) {
    const expected = BigInt(golden.data[i] ?? 0);
    if (got[i] === expected) continue;
    differing++;
    first ??= { index: indexOf(i, info.shape), expected: String(expected), got: String(got[i] ?? 'x') };
  }
  return { tensor, file: path, elements, differing, first };
}

function elementsOf(bytes: Uint8Array, name: string, info: ManifestTensor): (bigint | undefined)[] {
  if (name.toLowerCase().endsWith('.npy')) {
    const array = readNpy(bytes, name);
    return Array.from(array.data as ArrayLike<number | bigint>, (v) => {
      if (typeof v === 'number' && !Number.isInteger(v)) throw notInteger(name, String(v));
      return BigInt(v);
    });
  }
  if (name.toLowerCase().endsWith('.txt')) return decimals(bytes, name);
  return readMem(bytes, name, info);
}

/** Decimal integers between white space, commas or brackets; `#` and `//` start a comment. */
function decimals(bytes: Uint8Array, name: string): (bigint | undefined)[] {
  const text = latin1Decode(bytes).replace(/(#|\/\/)[^\n]*/g, ' ');
  return Array.from(text.matchAll(/[^\s,;[\](){}]+/g), ([word]) => {
    if (/^[xz]+$/i.test(word)) return undefined;
    if (!/^[+-]?\d+$/.test(word)) throw notInteger(name, word);
    return BigInt(word.replace('+', ''));
  });
}

function notInteger(file: string, got: string): StudioError {
  return new StudioError({ code: 'bad-data', what: 'Not an integer', got, where: { file } });
}
