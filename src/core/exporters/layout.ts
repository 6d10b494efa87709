/**
 * Which file of a bundle holds which value, decided from the integer model alone: `tensors/<stem>_<role>.npy`
 * and `params/<stem>_<role>.npy`. Law: two values never share a file, not even on a case-blind disk.
 */
import type { IntegerModel, IntOp } from '../ir/integer-model';
import { StudioError } from '../base/errors';
import type { ManifestFiles, TensorRole } from './manifest';

export interface PlacedValue {
  readonly name: string;
  readonly file: string;
  readonly role: TensorRole;
}

/** A second file with the integers of a value, so that one op can be checked without the others. */
export interface TensorCopy {
  readonly file: string;
  readonly value: string;
}

export interface Layout {
  /** Every value that is read or made by an op: inputs, activations, accumulators, constants; in file order. */
  readonly values: ReadonlyMap<string, PlacedValue>;
  readonly copies: readonly TensorCopy[];
  /** By op name. */
  readonly files: ReadonlyMap<string, ManifestFiles>;
}

/** A name as a file name: letters, digits, dot, dash and underscore. */
export function fileStem(name: string): string {
  const safe = name
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._]+/, '')
    .slice(0, 150);
  return safe === '' ? 'value' : safe;
}

/** Constants of an op with the role that names their file; `undefined` names are left out. */
function constantsOf(
  op: IntOp,
  model: IntegerModel,
): { readonly name: string | undefined; readonly role: TensorRole; readonly file: string }[] {
  const list: { name: string | undefined; role: TensorRole; file: string }[] = [];
  const param = (name: string | undefined, role: TensorRole): void =>
    void list.push({ name, role, file: `params/${fileStem(op.name)}_${role}.npy` });
  if (op.kind === 'conv' || op.kind === 'gemm' || op.kind === 'matmul') {
    list.push({ name: op.weight, role: 'weight', file: `tensors/${fileStem(op.name)}_x2.npy` });
    const coded = op.weight === undefined ? undefined : model.constants.get(op.weight)?.coded;
    param(coded?.codes, 'codes');
    param(coded?.table, 'table');
    param(op.bias, 'bias');
  }
  if ('operands' in op && op.operands) {
    op.operands.forEach((name, i) => list.push({ name, role: 'operand', file: `tensors/${fileStem(op.name)}_x${i + 1}.npy` }));
  }
  if ('requant' in op && op.requant) {
    param(op.requant.mul, 'mul');
    param(op.requant.shift, 'shift');
    param(op.requant.rowMul, 'rowMul');
  }
  if (op.kind === 'lut') param(op.lut.table, 'lut');
  if (op.kind === 'pool') param(op.index, 'index');
  if (op.kind === 'gather') {
    param(op.attrs.indices, 'indices');
    list.push({ name: op.table, role: 'operand', file: `tensors/${fileStem(op.name)}_x2.npy` });
  }
  if (op.kind === 'softmax') {
    param(op.softmax.table, 'lut');
    param(op.softmax.mask, 'mask');
  }
  if (op.kind === 'where') param(op.condition, 'mask');
  if (op.kind === 'layernorm') {
    param(op.layernorm.G, 'G');
    param(op.layernorm.H, 'H');
  }
  return list;
}

export function layoutOf(model: IntegerModel): Layout {
  const values = new Map<string, PlacedValue>();
  const copies: TensorCopy[] = [];
  const files = new Map<string, ManifestFiles>();
  const taken = new Set<string>();

  const claim = (wanted: string): string => {
    const dot = wanted.lastIndexOf('.');
    let path = wanted;
    // without the folder: other formats put tensors/ and params/ into one
    const key = (): string => path.slice(path.lastIndexOf('/') + 1).toLowerCase();
    for (let n = 2; taken.has(key()); n++) path = `${wanted.slice(0, dot)}~${n}${wanted.slice(dot)}`;
    taken.add(key());
    return path;
  };
  const place = (name: string, role: TensorRole, wanted: string): string => {
    const known = values.get(name);
    if (known) throw new StudioError({ code: 'internal', what: 'A value of the integer model is produced twice', where: { value: name } });
    const file = claim(wanted);
    values.set(name, { name, file, role });
    return file;
  };
  const fileOf = (name: string): string => {
    const known = values.get(name);
    if (!known) throw new StudioError({ code: 'internal', what: 'An op reads a value before it is produced', where: { value: name } });
    return known.file;
  };
  /** The file itself when it already has the name wanted, else a copy under that name. */
  const copyOf = (name: string, wanted: string): string => {
    if (fileOf(name) === wanted) return wanted;
    const file = claim(wanted);
    copies.push({ file, value: name });
    return file;
  };

  for (const name of model.inputs) place(name, 'input', `tensors/${fileStem(name)}.npy`);
  for (let i = 0; i <= model.ops.length; i++) {
    for (const island of model.islands) {
      if (island.before === i) place(island.output, 'activation', `tensors/${fileStem(island.output)}_yq.npy`);
    }
    const op = model.ops[i];
    if (!op) break;
    const stem = `tensors/${fileStem(op.name)}`;
    for (const c of constantsOf(op, model)) {
      if (c.name !== undefined && model.constants.has(c.name) && !values.has(c.name)) place(c.name, c.role, c.file);
    }
    const main = op.kind === 'conv' || op.kind === 'gemm' || op.kind === 'matmul';
    const second = main ? (op.weight ?? op.inputs[1]) : undefined;
    const first = op.inputs[0];
    const x1 = main && first !== undefined ? { x1: copyOf(first, `${stem}_x1.npy`) } : {};
    const x2 = second !== undefined ? { x2: copyOf(second, `${stem}_x2.npy`) } : {};
    const acc = 'acc' in op ? op.acc : undefined;
    const y = acc === undefined ? {} : { y: place(acc, 'accumulator', `${stem}_y.npy`) };
    files.set(op.name, { ...x1, ...x2, ...y, yq: place(op.output, 'activation', `${stem}_yq.npy`) });
  }
  if (files.size !== model.ops.length) throw new StudioError({ code: 'internal', what: 'Two ops of the integer model have the same name' });
  return { values, copies, files };
}
