/**
 * The graph of an integer ONNX file under construction: every tensor has a known element type, and every value of the
 * integer model one tensor. It knows no operator of the integer model.
 * Law: a value is a tensor of its own integers and shape, in bytes up to 8 bits and in int32 above (the runtime of the
 * page computes with no 16-bit type); inputs and outputs of the model are real numbers under their own name and integers
 * under `<name>_int`, everything else is integers under its own name.
 */
import { StudioError } from '../base/errors';
import type { IntConstant, IntDType, IntegerModel, IntValue } from '../ir/integer-model';
import type { AttrValue, Node, ValueName } from '../ir/model';
import { codeOf } from '../onnx/dtypes';
import { newStorage } from '../quant/affine';
import { QdqGraph, type Attrs } from './qdq-graph';

/** Eight bits of a value as an unsigned operand: q - z = sum of weight * (tensor - zeroPoint) over its planes. */
export interface Plane {
  readonly tensor: ValueName;
  readonly zeroPoint: number;
  readonly weight: number;
}

export const intAttr = (value: number): AttrValue => ({ type: 'int', value });
export const intsAttr = (value: readonly number[]): AttrValue => ({ type: 'ints', value });

/**
 * ONNX Runtime 1.30 (native, AVX) takes of two 64-bit integers with equal upper halves the one whose lower half is less
 * as a signed number: a maximum of 1 and 2^31 is 1 there.
 */
const compares: ReadonlySet<string> = new Set(['Clip', 'Min', 'Max', 'ReduceMax']);

/** Element types of the file. */
export type FileType = 'uint8' | 'int8' | 'int32' | 'int64';

/** The type that holds a value's or operand's integers in the file. */
export function fileType(dtype: IntDType): FileType {
  return dtype === 'uint8' || dtype === 'int8' || dtype === 'int64' ? dtype : 'int32';
}

function reservedNames(model: IntegerModel): Set<string> {
  const islands = model.islands.flatMap(({ source }) => [...source.outputs, ...source.inputs.filter((n) => n !== undefined)]);
  return new Set([...model.values.keys(), ...model.constants.keys(), ...islands]);
}

/** Value of the integer model -> the integer tensor of the ONNX file that holds it. */
export function integerTensorNames(model: IntegerModel): ReadonlyMap<string, string> {
  return namesIn(model, new QdqGraph(reservedNames(model)));
}

function namesIn(model: IntegerModel, made: QdqGraph): ReadonlyMap<string, ValueName> {
  const ends = new Set([...model.inputs, ...model.outputs]);
  return new Map([...model.values.keys()].map((v) => [v, ends.has(v) ? made.name(`${v}_int`) : (v as ValueName)]));
}

export class IntegerGraph {
  readonly made: QdqGraph;
  /** Operator set of the default domain. */
  readonly opset: number;
  readonly model: IntegerModel;
  private readonly names: ReadonlyMap<string, ValueName>;
  private readonly types = new Map<string, FileType | 'float32'>();
  private readonly cached = new Map<string, readonly Plane[]>();

  constructor(model: IntegerModel, opset: number) {
    this.model = model;
    this.opset = opset;
    this.made = new QdqGraph(reservedNames(model));
    this.names = namesIn(model, this.made);
  }

  /** The value or constant of the integer model. */
  info(name: string): IntValue {
    const v = this.model.values.get(name) ?? this.model.constants.get(name);
    if (v) return v;
    throw new StudioError({ code: 'internal', what: 'The integer model names a value that it does not have', where: { value: name } });
  }

  zeroPoint(name: string): number {
    return this.info(name).quant?.zeroPoint ?? 0;
  }

  /** The largest |q - z|. */
  magnitude(name: string, zeroPoint = this.zeroPoint(name)): number {
    const q = this.info(name).quant;
    if (!q) throw new StudioError({ code: 'internal', what: 'A value has no quantizer', where: { value: name } });
    return Math.max(q.hi - zeroPoint, zeroPoint - q.lo);
  }

  /** A constant of the integer model. */
  known(name: string): IntConstant {
    const c = this.model.constants.get(name);
    if (c) return c;
    throw new StudioError({ code: 'internal', what: 'A constant is missing', where: { value: name } });
  }

  /** The integers of a constant. */
  numbers(name: string): readonly number[] {
    return Array.from(this.known(name).data as ArrayLike<number | bigint>, Number);
  }

  /** The tensor of a value, or of a constant that is an operand like one. */
  tensor(name: string): ValueName {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    const { dtype, shape, data } = this.known(name);
    // constants keep their names
    if (!this.types.has(name)) this.keep(name as ValueName, fileType(dtype), shape, Array.from(data as ArrayLike<number | bigint>));
    return name as ValueName;
  }

  typeOf(tensor: string): FileType | 'float32' {
    const dtype = this.types.get(tensor);
    if (dtype) return dtype;
    throw new StudioError({ code: 'internal', what: 'A tensor is used before it is made', where: { value: tensor } });
  }

  /** Says what a tensor holds that something else has made. */
  declare(tensor: string, dtype: FileType | 'float32'): void {
    this.types.set(tensor, dtype);
  }

  /** One node with one output, of the first input's type unless `dtype` says otherwise. Throws `internal` for comparisons of int64. */
  emit(op: string, inputs: Node['inputs'], out: ValueName, attrs: Attrs = {}, dtype?: FileType | 'float32'): ValueName {
    if (compares.has(op) && this.typeOf(inputs[0] ?? '') === 'int64') {
      throw new StudioError({ code: 'internal', what: `${op} of 64-bit integers is not exact in ONNX Runtime`, where: { value: out } });
    }
    this.types.set(out, dtype ?? this.typeOf(inputs[0] ?? ''));
    this.made.emit(op, inputs, [out], attrs);
    return out;
  }

  /** As `emit`, into a new tensor. */
  apply(op: string, inputs: Node['inputs'], wanted: string, attrs: Attrs = {}, dtype?: FileType | 'float32'): ValueName {
    return this.emit(op, inputs, this.made.name(wanted), attrs, dtype);
  }

  constant(wanted: string, dtype: FileType, shape: readonly number[], values: readonly (number | bigint)[]): ValueName {
    const name = this.made.name(wanted);
    this.keep(name, dtype, shape, values);
    return name;
  }

  /** Unsigned bytes as they are. */
  bytes(wanted: string, shape: readonly number[], data: Uint8Array): ValueName {
    const name = this.made.constant(wanted, { dtype: 'uint8', shape, data });
    this.types.set(name, 'uint8');
    return name;
  }

  /** A list of whole numbers, as shapes, axes and indices are given. */
  ints(wanted: string, values: readonly number[]): ValueName {
    return this.constant(wanted, 'int64', [values.length], values);
  }

  scale(wanted: string, value: number): ValueName {
    const name = this.made.float(wanted, value);
    this.types.set(name, 'float32');
    return name;
  }

  /** The tensor in another type; itself where it has that type. */
  cast(x: ValueName, dtype: FileType, wanted: string): ValueName {
    return this.typeOf(x) === dtype ? x : this.castTo(x, dtype, this.made.name(wanted));
  }

  castTo(x: ValueName, dtype: FileType, out: ValueName): ValueName {
    return this.emit('Cast', [x], out, { to: intAttr(codeOf(dtype)) }, dtype);
  }

  /** x + constant of x's type; x itself for zeros. */
  plus(x: ValueName, values: readonly (number | bigint)[], shape: readonly number[], wanted: string): ValueName {
    if (values.every((v) => v == 0)) return x;
    return this.apply('Add', [x, this.constant(`${wanted}_term`, this.intTypeOf(x), shape, values)], wanted);
  }

  /** (x - zeroPoint) in a type that holds it. */
  centred(name: string, dtype: 'int32' | 'int64', zeroPoint: number, stem: string): ValueName {
    return this.plus(this.cast(this.tensor(name), dtype, `${stem}_wide`), [-zeroPoint], [], `${stem}_centred`);
  }

  /** The value in unsigned 8-bit planes: one up to 8 bits, else the high and the low byte. Shared by its readers. */
  planes(name: string): readonly Plane[] {
    const known = this.cached.get(name);
    if (known) return known;
    const made = this.makePlanes(name);
    this.cached.set(name, made);
    return made;
  }

  private makePlanes(name: string): Plane[] {
    const x = this.tensor(name);
    const { dtype } = this.info(name);
    const zeroPoint = this.zeroPoint(name);
    if (dtype === 'uint8') return [{ tensor: x, zeroPoint, weight: 1 }];
    const signed = dtype === 'int8' ? 128 : dtype === 'int16' ? 32768 : 0;
    const wide = this.plus(this.cast(x, 'int32', `${name}_wide`), [signed], [], `${name}_unsigned`);
    const shifted = zeroPoint + signed;
    if (dtype === 'int8') return [{ tensor: this.cast(wide, 'uint8', `${name}_u8`), zeroPoint: shifted, weight: 1 }];
    const byte = this.constant(`${name}_byte`, 'int32', [], [256]);
    const high = this.cast(this.apply('Div', [wide, byte], `${name}_high`), 'uint8', `${name}_high_u8`);
    const low = this.cast(this.apply('Mod', [wide, byte], `${name}_low`), 'uint8', `${name}_low_u8`);
    return [
      { tensor: high, zeroPoint: shifted >> 8, weight: 256 },
      { tensor: low, zeroPoint: shifted & 255, weight: 1 },
    ];
  }

  intTypeOf(tensor: string): FileType {
    const dtype = this.typeOf(tensor);
    if (dtype !== 'float32') return dtype;
    throw new StudioError({ code: 'internal', what: 'A real tensor where integers are computed', where: { value: tensor } });
  }

  private keep(name: ValueName, dtype: FileType, shape: readonly number[], values: readonly (number | bigint)[]): void {
    const data = newStorage(dtype, values.length);
    if (data instanceof BigInt64Array) data.set(values.map(BigInt));
    else data.set(values.map(Number));
    this.types.set(name, dtype);
    this.made.keep(name, { dtype, shape, data });
  }
}
