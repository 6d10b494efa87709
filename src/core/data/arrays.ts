/**
 * Samples from arrays (.npz, .npy): one array per model input under its name, or `x` for a single input.
 * float32 arrays are preprocessed already, uint8 arrays are images, integers are tokens; `y` has labels.
 * Shapes are checked when the data are opened, values (NaN) when a sample is asked for.
 */
import { StudioError } from '../base/errors';
import type { NpyArray } from '../base/npy';
import type { DatasetInfo, Preprocessing, Sample, SampleSource } from '../calibrate/types';
import { sameShape, sizeOf } from '../ir/tensor';
import { imageGeometry, normaliseTable, preprocess, resolvePreprocessing } from './preprocessing';
import { shapeText, type ModelInput, type SampleInput } from './source';

export interface NamedArrays {
  readonly name: string;
  readonly kind: 'npz' | 'npy';
  readonly names: readonly string[];
  read(name: string): NpyArray;
}

type Reader = (index: number, id: string) => SampleInput;

export function arraySource(file: NamedArrays, inputs: readonly ModelInput[], given: Partial<Preprocessing> | undefined): SampleSource {
  const readers = new Map<string, Reader>();
  const arrays: { name: string; dtype: string; shape: readonly number[] }[] = [];
  let preprocessing: Preprocessing | undefined;
  let samples: number | undefined;
  for (const input of inputs) {
    const name = arrayFor(file, input, inputs.length === 1);
    const array = file.read(name);
    arrays.push({ name, dtype: array.dtype, shape: array.shape });
    const n = array.shape[0];
    if (n === undefined || n === 0) {
      throw badData(file, name, 'The array has no samples', `[N, ...] with N above 0`, shapeText(array.shape));
    }
    if (samples !== undefined && samples !== n) throw badData(file, name, 'Arrays differ in their number of samples', `${samples}`, `${n}`);
    samples = n;
    if (array.dtype === 'uint8' && input.dtype.startsWith('float')) {
      const images = imageReader(file, name, array, input, given);
      preprocessing ??= images.preprocessing;
      readers.set(input.name, images.reader);
    } else {
      readers.set(input.name, valueReader(file, name, array, input));
    }
  }
  const labels =
    file.kind === 'npz' && file.names.includes('y') && !inputs.some((i) => i.name === 'y') ? readLabels(file, samples ?? 0) : undefined;
  const info: DatasetInfo = {
    name: file.name,
    kind: file.kind,
    samples: samples ?? 0,
    hasLabels: labels !== undefined,
    arrays,
    preprocessing,
  };
  return {
    info,
    sample: async (index): Promise<Sample> => {
      if (!(index >= 0 && index < info.samples)) {
        throw new StudioError({
          code: 'bad-data',
          what: 'No such sample',
          expected: `0 to ${info.samples - 1}`,
          got: `${index}`,
          where: { file: file.name },
        });
      }
      const id = String(index);
      const values = new Map<string, SampleInput>();
      for (const [input, reader] of readers) values.set(input, reader(index, id));
      return { id, inputs: values, label: labels?.[index] };
    },
  };
}

function badData(file: NamedArrays, array: string, what: string, expected: string, got: string, sample?: string): StudioError {
  const where = sample === undefined ? { file: file.name, value: array } : { file: file.name, value: array, sample };
  return new StudioError({ code: 'bad-data', what, expected, got, where });
}

function arrayFor(file: NamedArrays, input: ModelInput, single: boolean): string {
  if (file.kind === 'npy') {
    if (single) return file.names[0] as string; // a .npy file has one array
  } else {
    if (file.names.includes(input.name)) return input.name;
    if (single && file.names.includes('x')) return 'x';
  }
  throw new StudioError({
    code: 'bad-data',
    what: `There is no array for the model input ${input.name}`,
    expected: single ? `an array named ${input.name} or x` : `an array named ${input.name} in a .npz file`,
    got: file.names.join(', '),
    where: { file: file.name },
  });
}

function readLabels(file: NamedArrays, samples: number): readonly number[] {
  const y = file.read('y');
  const integers = y.dtype.startsWith('int') || y.dtype.startsWith('uint');
  if (!integers || y.data.length !== samples)
    throw badData(file, 'y', 'Wrong labels', `${samples} integers`, `${y.dtype} ${shapeText(y.shape)}`);
  return Array.from<number | bigint, number>(y.data, Number);
}

/** uint8 [N,H,W,C], [N,C,H,W] or [N,H,W]; for an input that is no image, [N, ...] with as many elements. */
function imageReader(
  file: NamedArrays,
  name: string,
  array: NpyArray,
  input: ModelInput,
  given: Partial<Preprocessing> | undefined,
): { reader: Reader; preprocessing: Preprocessing } {
  const data = array.data as Uint8Array; // the caller checked the dtype
  const step = sizeOf(array.shape.slice(1));
  const geometry = imageGeometry(input.shape, given?.layout);
  if (geometry === undefined) {
    if (step !== sizeOf(input.shape))
      throw badData(
        file,
        name,
        'The array does not fit the model input',
        `[N, ${input.shape.slice(1).join(', ')}]`,
        shapeText(array.shape),
      );
    const flat: Preprocessing = {
      resize: undefined,
      size: [1, step],
      scale: given?.scale ?? 255,
      mean: given?.mean ?? [0],
      std: given?.std ?? [1],
      layout: 'NCHW',
      channels: 'gray',
    };
    const table = normaliseTable(flat.scale, flat.mean[0] ?? 0, flat.std[0] ?? 1);
    const reader: Reader = (index) => ({
      dtype: 'float32',
      shape: input.shape,
      data: Float32Array.from(data.subarray(index * step, (index + 1) * step), (x) => table[x] as number),
    });
    return { reader, preprocessing: flat };
  }
  const preprocessing = resolvePreprocessing(input, given);
  const { channels, height, width } = geometry;
  const [, a, b, c] = array.shape;
  const lastly = c === channels || (c !== undefined && (c === 1 || c === 3) && a !== channels);
  const first = c !== undefined && !lastly;
  const image =
    array.shape.length === 3
      ? { channels: 1, height: a as number, width: b as number }
      : first
        ? { channels: a as number, height: b as number, width: c }
        : { channels: c as number, height: a as number, width: b as number }; // ranks 3 and 4
  const coloured = image.channels === channels || (image.channels === 1 && channels === 3) || (image.channels === 3 && channels === 1);
  if (array.shape.length < 3 || array.shape.length > 4 || !coloured) {
    throw badData(
      file,
      name,
      'The images do not fit the model input',
      `uint8 Nx${height}x${width}x${channels} or Nx${channels}x${height}x${width}`,
      `uint8 ${shapeText(array.shape)}`,
    );
  }
  const reader: Reader = (index) => {
    const one = data.subarray(index * step, (index + 1) * step);
    const pixels = {
      width: image.width,
      height: image.height,
      channels: image.channels,
      data: first ? channelsLast(one, image.channels) : one,
    };
    return { dtype: 'float32', shape: input.shape, data: preprocess(pixels, preprocessing) };
  };
  return { reader, preprocessing };
}

function channelsLast(planes: Uint8Array, channels: number): Uint8Array {
  const area = planes.length / channels;
  const out = new Uint8Array(planes.length);
  for (let c = 0; c < channels; c++) for (let i = 0; i < area; i++) out[i * channels + c] = planes[c * area + i] as number;
  return out;
}

/** Numbers that go in as they are, converted to the input's type where nothing is lost in meaning. */
function valueReader(file: NamedArrays, name: string, array: NpyArray, input: ModelInput): Reader {
  // an input that has no axis of samples is whole in every sample
  const wanted = (input.shape[0] ?? 1) === 1 ? input.shape.slice(1) : input.shape;
  const withoutOnes = (shape: readonly number[]) => shape.filter((d) => d !== 1);
  if (!sameShape(withoutOnes(array.shape.slice(1)), withoutOnes(wanted))) {
    throw badData(file, name, 'The array does not fit the model input', `[N, ${wanted.join(', ')}]`, `[${array.shape.join(', ')}]`);
  }
  const step = sizeOf(wanted);
  const shape = input.shape;
  const slice = (index: number) => array.data.subarray(index * step, (index + 1) * step);
  const floating = array.dtype.startsWith('float');
  const integer = !floating && array.dtype !== 'bool';
  if (input.dtype.startsWith('float') && floating) {
    return (index, id) => {
      const data = Float32Array.from(slice(index) as ArrayLike<number>); // float arrays hold numbers
      for (let i = 0; i < data.length; i++) {
        if (!Number.isFinite(data[i])) {
          const where = { file: file.name, value: name, sample: id };
          throw new StudioError({
            code: 'not-finite',
            what: 'The data hold NaN or infinity',
            expected: 'finite numbers',
            got: `${data[i]} at element ${i}`,
            where,
          });
        }
      }
      return { dtype: 'float32', shape, data };
    };
  }
  if (input.dtype === 'int64' && integer) {
    return (index) => ({ dtype: 'int64', shape, data: BigInt64Array.from(Array.from<number | bigint, bigint>(slice(index), BigInt)) });
  }
  if (input.dtype === 'int32' && integer) {
    return (index) => ({ dtype: 'int32', shape, data: Int32Array.from(Array.from<number | bigint, number>(slice(index), Number)) });
  }
  if (input.dtype === 'uint8' && array.dtype === 'uint8') {
    return (index) => ({ dtype: 'uint8', shape, data: Uint8Array.from(slice(index) as Uint8Array) });
  }
  if (input.dtype === 'int8' && array.dtype === 'int8') {
    return (index) => ({ dtype: 'int8', shape, data: Int8Array.from(slice(index) as Int8Array) });
  }
  if (input.dtype === 'bool' && (array.dtype === 'bool' || array.dtype === 'uint8')) {
    return (index) => ({ dtype: 'bool', shape, data: Uint8Array.from(slice(index) as Uint8Array) }); // both are bytes
  }
  const expected = input.dtype.startsWith('float') ? 'float32 (preprocessed) or uint8 (images)' : input.dtype;
  throw badData(file, name, 'The array has the wrong element type for the model input', expected, array.dtype);
}
