/**
 * The integer tensors of one layer under their roles (x1, x2, y, yq, bias, mul, shift, lut, index, indices), with
 * the file that holds each in a bundle. Windows and files of them are cut here.
 */
import {
  bytesOfFile,
  describeTensor,
  exportFormat,
  exportOptions,
  fileStem,
  isSigned,
  layoutOf,
  literalOf,
  npyBytes,
  rangeOf,
  storageBits,
  StudioError,
} from '../core/index';
import type { ExportTensor } from '../core/exporters/exporter';
import type { IntOp, IntTensor, IntValue } from '../core/ir/integer-model';
import type { TensorRefInfo, TensorWindow } from './api';
import type { Converted } from './state';

export interface LayerTensor {
  readonly role: string;
  readonly value: IntValue;
  readonly tensor: IntTensor;
  /** Base name of its file without the ending. */
  readonly file: string;
}

/** The op that a layer stands for; layers that only name an input of the graph have none. */
export function opOfLayer(converted: Converted, layer: string): IntOp | undefined {
  return converted.integer.ops.find((op) => op.name === layer);
}

/** `value`: the name that the layer's card has in the graph, for inputs and float islands. */
export function tensorsOfLayer(converted: Converted, layer: string, value: string | undefined): LayerTensor[] {
  const { integer, tensors } = converted;
  const op = opOfLayer(converted, layer);
  const found: LayerTensor[] = [];
  const add = (role: string, name: string | undefined, file: string): void => {
    if (name === undefined) return;
    const declared = integer.values.get(name) ?? integer.constants.get(name);
    const tensor = tensors.get(name) ?? integer.constants.get(name);
    if (declared && tensor) found.push({ role, value: declared, tensor, file });
  };
  const stem = fileStem(layer);
  const layout = layoutOf(integer);
  if (!op) {
    const read = integer.islands.find((i) => i.output === value)?.operands.find((o) => typeof o === 'string');
    const place = (name: string | undefined): string | undefined => (name === undefined ? undefined : layout.values.get(name)?.file);
    if (read !== undefined) add('x1', read, baseOf(place(read) ?? `${stem}_x1.npy`));
    add('yq', value, baseOf(place(value) ?? `${stem}_yq.npy`));
    return found;
  }
  const files = layout.files.get(op.name);
  const base = (path: string | undefined, role: string): string => (path === undefined ? `${stem}_${role}` : baseOf(path));
  const param = (role: string, name: string | undefined): void => {
    if (name !== undefined) add(role, name, base(layout.values.get(name)?.file, role));
  };
  const operands = 'operands' in op ? op.operands : undefined;
  add('x1', operands?.[0] ?? op.inputs[0], base(files?.x1, 'x1'));
  add('x2', ('weight' in op ? op.weight : undefined) ?? operands?.[1] ?? op.inputs[1], base(files?.x2, 'x2'));
  if ('acc' in op) add('y', op.acc, base(files?.y, 'y'));
  add('yq', op.output, base(files?.yq, 'yq'));
  if ('bias' in op) param('bias', op.bias);
  if ('requant' in op) {
    param('mul', op.requant?.mul);
    param('shift', op.requant?.shift);
    param('rowMul', op.requant?.rowMul);
  }
  if (op.kind === 'lut') param('lut', op.lut.table);
  if (op.kind === 'pool') param('index', op.index);
  if (op.kind === 'gather') {
    param('indices', op.attrs.indices);
    param('x2', op.table);
  }
  if (op.kind === 'softmax') {
    param('lut', op.softmax.table);
    if (op.softmax.mask !== undefined && integer.constants.has(op.softmax.mask)) param('mask', op.softmax.mask);
  }
  if (op.kind === 'layernorm') {
    param('G', op.layernorm.G);
    param('H', op.layernorm.H);
  }
  return found;
}

/** A file's name without its folder and ending. */
const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.npy$/, '');

export function describeRef({ role, value, tensor }: LayerTensor): TensorRefInfo {
  const q = value.quant;
  return {
    role,
    name: value.name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    bits: q?.bits ?? storageBits(tensor.dtype),
    signed: q?.signed ?? isSigned(tensor.dtype),
    scale: q ? Array.from(q.scale) : [1],
    zeroPoint: q?.zeroPoint ?? 0,
    lo: q?.lo,
    hi: q?.hi,
  };
}

/** Throws `bad-usage` naming the roles that there are. */
export function tensorOfRole(all: readonly LayerTensor[], layer: string, role: string): LayerTensor {
  const found = all.find((t) => t.role === role);
  if (found) return found;
  throw new StudioError({
    code: 'bad-usage',
    what: `The layer has no integer tensor ${role}`,
    expected: all.map((t) => t.role).join(', ') || 'a layer with integers',
    where: { node: layer },
  });
}

const extrema = new WeakMap<object, { readonly min: number; readonly max: number }>();

/** Smallest and largest of the whole tensor, so that colours mean the same in every window. */
function extremaOf(tensor: IntTensor): { readonly min: number; readonly max: number } {
  const known = extrema.get(tensor.data);
  if (known) return known;
  const { min, max } = rangeOf(tensor.data);
  const range = { min: Number(min), max: Number(max) };
  extrema.set(tensor.data, range);
  return range;
}

/** Where a window lies in a tensor: `first` is its first element, `width` what lies between two of its rows. See `windowOf`. */
export function windowPlace(
  shape: readonly number[],
  index: readonly number[],
  window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
): { readonly rows: number; readonly columns: number; readonly first: number; readonly width: number } {
  const fixed = Math.max(0, Math.min(index.length, shape.length - 2));
  const height = shape.length < 2 ? 1 : (shape[fixed] as number);
  const width = shape.slice(shape.length < 2 ? 0 : fixed + 1).reduce((a, b) => a * b, 1);
  const clamp = (v: number, most: number): number => Math.min(Math.max(0, Math.trunc(v) || 0), most);
  let plane = 0;
  for (let axis = 0; axis < fixed; axis++) {
    const extent = shape[axis] as number;
    plane = plane * extent + clamp(index[axis] ?? 0, extent - 1);
  }
  const row = clamp(window.row, height);
  const column = clamp(window.column, width);
  const rows = clamp(window.rows, height - row);
  return { rows, columns: clamp(window.columns, width - column), first: (plane * height + row) * width + column, width };
}

/**
 * `index` fixes as many leading axes as it has entries (two fewer than there are at most), the next axis gives the
 * rows, and all that follow lie row-major in the columns. A vector is one row, a scalar one cell. Indices are clamped
 * to the tensor; values beyond int32 saturate.
 */
export function windowOf(
  tensor: IntTensor,
  index: readonly number[],
  window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
): TensorWindow {
  const { shape, data } = tensor;
  const { rows, columns, first, width } = windowPlace(shape, index, window);
  const values = new Int32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const from = first + r * width;
    for (let c = 0; c < columns; c++) values[r * columns + c] = Math.max(-0x80000000, Math.min(0x7fffffff, Number(data[from + c])));
  }
  return { shape, rows, columns, values, ...extremaOf(tensor) };
}

/** As exporters see it. */
export function exportTensor({ integer }: Converted, t: LayerTensor): ExportTensor {
  const role = layoutOf(integer).values.get(t.value.name)?.role ?? 'activation';
  return {
    fileStem: t.file,
    value: t.value.name,
    info: describeTensor({ file: `tensors/${t.file}.npy`, role }, t.value, t.tensor),
    tensor: t.tensor,
  };
}

/** Its path in a bundle, or its integers as source text. */
export function textOf(converted: Converted, t: LayerTensor, form: 'path' | 'c' | 'verilog'): string {
  if (form !== 'path') {
    const { bits, signed } = describeRef(t);
    return literalOf(t.tensor, form, { name: t.file, bits, signed });
  }
  const place = layoutOf(converted.integer).values.get(t.value.name)?.file;
  // a copy has the layer's own name, beside the tensors
  return place !== undefined && baseOf(place) === t.file ? place : `tensors/${t.file}.npy`;
}

/** The same bytes as the tensor's file in a bundle, in a format's default form. */
export function fileOf(
  converted: Converted,
  t: LayerTensor,
  format: 'npy' | 'mem',
): { readonly fileName: string; readonly bytes: Uint8Array } {
  const fileName = `${t.file}.${format}`;
  if (format === 'npy') return { fileName, bytes: npyBytes(t.tensor) };
  const hex = exportFormat('hex');
  const [file] = hex.tensorFiles?.(exportTensor(converted, t), exportOptions(hex, {})) ?? [];
  if (!file) throw new StudioError({ code: 'internal', what: 'The hex format made no file', where: { value: t.value.name } });
  return { fileName, bytes: bytesOfFile(file) };
}
