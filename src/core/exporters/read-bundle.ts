/**
 * A bundle read back: manifest, integer model, and the tensors of its sample. Files come from a zip or from
 * an unpacked folder. What only runs in float (islands) is not in the model: their outputs are stored.
 */
import { unzipSync } from 'fflate';
import { StudioError } from '../base/errors';
import { utf8Decode } from '../base/bytes';
import { readNpy } from '../base/npy';
import type { IntConstant, IntegerModel, IntTensor, IntValue, QuantInfo } from '../ir/integer-model';
import { asIntTensor } from './int-array';
import { parseManifest, type Manifest, type ManifestTensor, type TensorRole } from './manifest';
import { arithmeticFromManifest, opFromManifest } from './manifest-ops';

export interface Bundle {
  readonly manifest: Manifest;
  /** Without islands. */
  readonly model: IntegerModel;
  /** Every input, activation and accumulator of the sample; constants are in the model. */
  readonly tensors: ReadonlyMap<string, IntTensor>;
}

const sampleRoles: readonly TensorRole[] = ['input', 'activation', 'accumulator'];

/**
 * The files of a zip by path. An entry that cannot be inflated is left out: the check then names the tensor that is
 * missing. Throws `bad-bundle` where there is no directory to read.
 */
export function unzipBundle(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  try {
    return new Map(Object.entries(unzipSync(bytes)));
  } catch {
    return readableEntries(bytes, file);
  }
}

function readableEntries(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  const names: string[] = [];
  try {
    unzipSync(bytes, { filter: ({ name }) => names.push(name) < 0 });
  } catch {
    throw new StudioError({ code: 'bad-bundle', what: 'Not a zip file, or a damaged one', where: { file } });
  }
  const files = new Map<string, Uint8Array>();
  for (const wanted of names) {
    try {
      for (const [name, content] of Object.entries(unzipSync(bytes, { filter: ({ name }) => name === wanted }))) files.set(name, content);
    } catch {
      // left out
    }
  }
  return files;
}

/** The manifest alone. Throws `bad-bundle`. */
export function readManifest(files: ReadonlyMap<string, Uint8Array>): Manifest {
  return parseManifest(utf8Decode(fileOf(files, 'manifest.json')));
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes) return bytes;
  throw new StudioError({ code: 'bad-bundle', what: 'A file of the bundle is missing', where: { file: path } });
}

/** The integers of one file, which must have the type and shape that the manifest says. Views the bytes. */
export function readTensorFile(files: ReadonlyMap<string, Uint8Array>, path: string, info: ManifestTensor, name: string): IntTensor {
  return asIntTensor(readNpy(fileOf(files, path), path), info, { file: path, value: name });
}

function quantOf(t: ManifestTensor): QuantInfo | undefined {
  if (t.lo === undefined || t.hi === undefined) return undefined;
  const scale = Float32Array.from(typeof t.scale === 'number' ? [t.scale] : t.scale);
  return { bits: t.bits, signed: t.signed, scale, axis: t.axis ?? undefined, zeroPoint: t.zeroPoint, lo: t.lo, hi: t.hi };
}

/** Reads everything but does not check hashes or arithmetic: that is verify's work. Throws `bad-bundle`. */
export function readBundle(files: ReadonlyMap<string, Uint8Array>): Bundle {
  const manifest = readManifest(files);
  const values = new Map<string, IntValue>();
  const constants = new Map<string, IntConstant>();
  const tensors = new Map<string, IntTensor>();
  for (const [name, info] of Object.entries(manifest.tensors)) {
    const tensor = readTensorFile(files, info.file, info, name);
    const value: IntValue = {
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      quant: quantOf(info),
      ...(info.whole ? { whole: true } : {}),
    };
    if (sampleRoles.includes(info.role)) {
      values.set(name, value);
      tensors.set(name, tensor);
    } else {
      constants.set(name, { ...value, data: tensor.data, ...(info.codebook ? { coded: info.codebook } : {}) });
    }
  }
  const model: IntegerModel = {
    arithmetic: arithmeticFromManifest(manifest.arithmetic),
    inputs: manifest.inputs,
    outputs: manifest.outputs,
    values,
    constants,
    ops: manifest.ops.map(opFromManifest),
    islands: [],
  };
  return { manifest, model, tensors };
}
