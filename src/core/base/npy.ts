/**
 * The .npy file of one array: reading of format versions 1 to 3 (C or Fortran order, either byte order)
 * and writing of version 1 exactly as numpy writes it, so that equal arrays make equal bytes.
 * Source: numpy's format description (numpy.lib.format). Not here: strings, records, objects.
 */
import { StudioError, type ErrorFields } from './errors';
import { bytesOf, concatBytes, dataView, latin1Decode, swapBytes, typedView, utf8Encode } from './bytes';
import { floatsToHalves, halvesToFloats } from './half';

/** What the element types of a .npy file become; float16 is held as Float32Array. */
export interface NpyStorage {
  float64: Float64Array;
  float32: Float32Array;
  float16: Float32Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint64: BigUint64Array;
  uint32: Uint32Array;
  uint16: Uint16Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type NpyDType = keyof NpyStorage;

export interface NpyArray<D extends NpyDType = NpyDType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: NpyStorage[D];
}

export interface NpyHeader {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly bigEndian: boolean;
  /** Bytes of one element. */
  readonly itemSize: number;
  /** Where the elements begin. */
  readonly dataOffset: number;
}

const codes: Readonly<Record<NpyDType, string>> = {
  float64: 'f8',
  float32: 'f4',
  float16: 'f2',
  int64: 'i8',
  int32: 'i4',
  int16: 'i2',
  int8: 'i1',
  uint64: 'u8',
  uint32: 'u4',
  uint16: 'u2',
  uint8: 'u1',
  bool: 'b1',
};

const dtypes = new Map<string, NpyDType>(Object.entries(codes).map(([dtype, code]) => [code, dtype as NpyDType])); // keys of `codes`

const magic = '\x93NUMPY';

export function isNpy(bytes: Uint8Array): boolean {
  return latin1Decode(bytes.subarray(0, 6)) === magic;
}

/** Throws `bad-data` or `unsupported-dtype` that names `file`. Needs only the head of the file. */
export function readNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const fail = (fields: Omit<ErrorFields, 'code' | 'where'>, code: ErrorFields['code'] = 'bad-data'): never => {
    throw new StudioError({ code, ...fields, where: { file } });
  };
  if (bytes.length === 0) fail({ what: 'The file is empty', expected: 'a .npy array' }, 'empty-file');
  if (!isNpy(bytes)) fail({ what: 'Not a .npy array', expected: 'the six bytes \\x93NUMPY at the start' });
  const major = bytes[6] ?? 0;
  if (major < 1 || major > 3) fail({ what: 'Unknown version of the .npy format', expected: '1, 2 or 3', got: String(major) });
  const lengthBytes = major === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  if (bytes.length < headerStart) fail({ what: 'The .npy header is cut off' }, 'truncated');
  const view = dataView(bytes);
  const headerLength = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataOffset = headerStart + headerLength;
  if (bytes.length < dataOffset) fail({ what: 'The .npy header is cut off' }, 'truncated');
  const header = latin1Decode(bytes.subarray(headerStart, dataOffset));

  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z]\d*)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const shapeText = /'shape':\s*\(([\d\s,L]*)\)/.exec(header);
  if (descr === null || order === null || shapeText === null) {
    return fail({ what: 'The .npy header describes no plain array of numbers', got: header.trim() }, 'unsupported-dtype');
  }
  const dtype = dtypes.get(descr[2] as string);
  if (dtype === undefined) {
    return fail(
      {
        what: 'Element type of the .npy array is not supported',
        expected: 'bool, integers or float16/32/64',
        got: `${descr[1]}${descr[2]}`,
      },
      'unsupported-dtype',
    );
  }
  const shape = (shapeText[1] as string)
    .split(',')
    .map((s) => s.trim().replace('L', ''))
    .filter((s) => s !== '')
    .map(Number);
  const itemSize = Number((descr[2] as string).slice(1));
  return { dtype, shape, fortranOrder: order[1] === 'True', bigEndian: descr[1] === '>' && itemSize > 1, itemSize, dataOffset };
}

/** The whole array, row-major. Views the bytes where it can: never write to the result. */
export function readNpy(bytes: Uint8Array, file: string): NpyArray {
  const header = readNpyHeader(bytes, file);
  let size = header.itemSize;
  for (const d of header.shape) size *= d;
  const got = bytes.length - header.dataOffset;
  if (got < size) {
    throw new StudioError({
      code: 'truncated',
      what: 'The .npy file ends before its array does',
      expected: `${size} bytes of data`,
      got: `${got}`,
      where: { file },
    });
  }
  let body = bytes.subarray(header.dataOffset, header.dataOffset + size);
  if (header.bigEndian) body = swapBytes(body, header.itemSize);
  if (header.fortranOrder && header.shape.length > 1) body = toRowMajor(body, header.shape, header.itemSize);
  return { dtype: header.dtype, shape: header.shape, data: decode(body, header.dtype) };
}

function decode(body: Uint8Array, dtype: NpyDType): NpyStorage[NpyDType] {
  switch (dtype) {
    case 'float64':
      return typedView(body, Float64Array);
    case 'float32':
      return typedView(body, Float32Array);
    case 'float16':
      return halvesToFloats(typedView(body, Uint16Array));
    case 'int64':
      return typedView(body, BigInt64Array);
    case 'int32':
      return typedView(body, Int32Array);
    case 'int16':
      return typedView(body, Int16Array);
    case 'int8':
      return typedView(body, Int8Array);
    case 'uint64':
      return typedView(body, BigUint64Array);
    case 'uint32':
      return typedView(body, Uint32Array);
    case 'uint16':
      return typedView(body, Uint16Array);
    case 'uint8':
    case 'bool':
      return body;
    default:
      return dtype satisfies never;
  }
}

/** Fortran order (first index fastest) to row-major. A new array. */
function toRowMajor(body: Uint8Array, shape: readonly number[], itemSize: number): Uint8Array {
  const out = new Uint8Array(body.length);
  const index = new Array<number>(shape.length).fill(0);
  const steps: number[] = [];
  let step = itemSize;
  for (const d of shape) {
    steps.push(step);
    step *= d;
  }
  let from = 0;
  for (let to = 0; to < out.length; to += itemSize) {
    for (let j = 0; j < itemSize; j++) out[to + j] = body[from + j] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      from += steps[axis] as number;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      from -= (index[axis] as number) * (steps[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
}

/** The header bytes that numpy.save writes for a C-ordered, little-endian array. */
export function npyHeader(dtype: NpyDType, shape: readonly number[]): Uint8Array {
  const order = dtype === 'int8' || dtype === 'uint8' || dtype === 'bool' ? '|' : '<';
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${order}${codes[dtype]}', 'fortran_order': False, 'shape': (${dims}), }`;
  // numpy leaves room for the first extent to grow to 21 digits, then pads to a multiple of 64
  const room = shape.length > 0 ? 21 - String(shape[0]).length : 0;
  const grown = text + ' '.repeat(room);
  const padding = 64 - ((10 + grown.length + 1) % 64);
  const header = `${grown}${' '.repeat(padding)}\n`;
  const head = new Uint8Array(10);
  for (let i = 0; i < 6; i++) head[i] = magic.charCodeAt(i);
  head[6] = 1;
  head[8] = header.length & 0xff;
  head[9] = header.length >> 8;
  return concatBytes([head, utf8Encode(header)]);
}

/** A whole .npy file. `data` is row-major; float16 is rounded to nearest, ties to even. */
export function writeNpy<D extends NpyDType>(array: NpyArray<D>): Uint8Array {
  const { dtype, shape, data } = array as NpyArray; // the pairing of dtype and storage holds by D
  let size = 1;
  for (const d of shape) size *= d;
  if (size !== data.length) {
    throw new StudioError({ code: 'internal', what: 'Array and shape disagree', expected: `${size} elements`, got: `${data.length}` });
  }
  const body = dtype === 'float16' ? bytesOf(floatsToHalves(data as Float32Array)) : bytesOf(data); // float16 is held as Float32Array
  return concatBytes([npyHeader(dtype, shape), body]);
}
