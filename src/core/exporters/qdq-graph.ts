/**
 * An ONNX graph under construction for the fake-quantized model: unique names, constants, and the nodes that put a
 * value on a quantizer's grid. It knows nothing of plans.
 * Law: what `fakeQuantize` emits computes fakeQuantizeAffine (quant/affine.ts) bit for bit, ties and saturation included.
 */
import type { IntDType, IntStorage, QuantInfo } from '../ir/integer-model';
import type { AttrValue, Node, NodeId, ValueName } from '../ir/model';
import type { Tensor, TensorRef } from '../ir/tensor';
import { dequantizeAffine, integerRange, newStorage, smallestDType } from '../quant/affine';

export type Attrs = Readonly<Record<string, AttrValue>>;

export class QdqGraph {
  readonly nodes: Node[] = [];
  readonly initializers = new Map<ValueName, TensorRef>();
  private readonly taken: Set<string>;
  private readonly ids = new Set<string>();

  /**
   * `reserved`: names of values that will be given as they are. `unsignedOnly`: signed activations are stored as unsigned, 128
   * higher, which is the same grid.
   */
  constructor(
    reserved: Iterable<string>,
    private readonly unsignedOnly = false,
  ) {
    this.taken = new Set(reserved);
  }

  /** A new value name like `wanted`. */
  name(wanted: string): ValueName {
    return unused(wanted, this.taken) as ValueName;
  }

  /** Absent inputs at the end are left out: some kernels take '' for a tensor. */
  emit(
    op: string,
    inputs: Node['inputs'],
    outputs: readonly ValueName[],
    attrs: Attrs = {},
    like?: Pick<Node, 'id' | 'domain' | 'sources' | 'scopes'>,
  ): void {
    const id = unused(like?.id ?? `${outputs[0] ?? op}_${op}`, this.ids) as NodeId;
    const domain = like?.domain ?? '';
    const given = inputs.slice(0, inputs.findLastIndex((n) => n !== undefined) + 1);
    this.nodes.push({
      id,
      op,
      domain,
      inputs: given,
      outputs,
      attrs,
      sources: like?.sources ?? [],
      ...(like?.scopes ? { scopes: like.scopes } : {}),
    });
  }

  /** One output more in the name of the caller. */
  apply(op: string, inputs: Node['inputs'], wanted: string, attrs: Attrs = {}): ValueName {
    const out = this.name(wanted);
    this.emit(op, inputs, [out], attrs);
    return out;
  }

  constant(wanted: string, tensor: Tensor): ValueName {
    const name = this.name(wanted);
    this.keep(name, tensor);
    return name;
  }

  /** A constant under its own name, once. */
  keep(name: ValueName, tensor: Tensor): void {
    this.initializers.set(name, { name, dtype: tensor.dtype, shape: tensor.shape, source: { kind: 'decoded', tensor } });
  }

  float(wanted: string, value: number): ValueName {
    return this.constant(wanted, { dtype: 'float32', shape: [], data: Float32Array.of(value) });
  }

  ints(wanted: string, values: readonly number[]): ValueName {
    const most = (1n << 63n) - 1n;
    const whole = (v: number): bigint => (BigInt(v) > most ? most : BigInt(v) < -most ? -most : BigInt(v));
    return this.constant(wanted, { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, whole) });
  }

  /** y = the value of x on the grid of q. */
  fakeQuantize(x: ValueName, y: ValueName, q: QuantInfo): void {
    if (q.bits > 8) this.fakeQuantizeWide(x, y, q);
    else this.quantizeDequantize(x, y, q);
  }

  /** Integers as constants and their DequantizeLinear; `data` in the smallest type of q's range. */
  dequantized(wanted: string, data: IntStorage[IntDType], shape: readonly number[], q: QuantInfo): ValueName {
    const dtype = smallestDType(q.lo, q.hi);
    const axis: Attrs = q.axis === undefined ? {} : { axis: { type: 'int', value: q.axis } };
    const scaleShape = q.axis === undefined ? [] : [q.scale.length];
    const scale = this.constant(`${wanted}_scale`, { dtype: 'float32', shape: scaleShape, data: q.scale });
    if (q.bits > 8) {
      // to opset 20 there is no 16-bit type: q - z in 32 bits
      const centred = Int32Array.from(data as Int32Array, (v) => v - q.zeroPoint);
      const ints = this.constant(`${wanted}_quantized`, { dtype: 'int32', shape, data: centred });
      return this.apply('DequantizeLinear', [ints, scale], `${wanted}_dequantized`, axis);
    }
    const zeros = newStorage(dtype, q.scale.length).fill(q.zeroPoint as never); // numbers: at most 8 bits
    const ints = this.constant(`${wanted}_quantized`, { dtype, shape, data });
    const zero = this.constant(`${wanted}_zero_point`, { dtype, shape: scaleShape, data: zeros });
    return this.apply('DequantizeLinear', [ints, scale, zero], `${wanted}_dequantized`, axis);
  }

  /** The standard pair. A range narrower than the 8-bit type is cut in real units first: its ends lie on the grid. */
  private quantizeDequantize(x: ValueName, y: ValueName, q: QuantInfo): void {
    const own = smallestDType(q.lo, q.hi);
    const whole = integerRange(8, own === 'int8', false);
    const [dtype, raised] = own === 'int8' && this.unsignedOnly ? (['uint8', 128] as const) : ([own, 0] as const);
    const s = q.scale[0] as number;
    let from = x;
    if (q.axis !== undefined) {
      this.quantizeTokens(x, y, q, q.axis);
      return;
    }
    if (q.lo !== whole.lo || q.hi !== whole.hi) {
      const lo = this.float(`${y}_lo`, s * (q.lo - q.zeroPoint));
      const hi = this.float(`${y}_hi`, s * (q.hi - q.zeroPoint));
      from = this.apply('Clip', [x, lo, hi], `${y}_clipped`);
    }
    const scale = this.float(`${y}_scale`, s);
    const zero = this.constant(`${y}_zero_point`, { dtype, shape: [], data: newStorage(dtype, 1).fill((q.zeroPoint + raised) as never) }); // as above
    const ints = this.apply('QuantizeLinear', [from, scale, zero], `${y}_quantized`);
    this.emit('DequantizeLinear', [ints, scale, zero], [y]);
  }

  /** A scale per index of an axis, written out (a range narrower than the type has other ends for each). Zero point 0. */
  private quantizeTokens(x: ValueName, y: ValueName, q: QuantInfo, axis: number): void {
    // the scales meet the tensor from its last axis: [T, 1, ...]; the tensors that have tokens have three axes
    const scale = this.constant(`${y}_scale`, {
      dtype: 'float32',
      shape: [q.scale.length, ...new Array<number>(2 - axis).fill(1)],
      data: q.scale,
    });
    const divided = this.apply('Div', [x, scale], `${y}_divided`);
    const rounded = this.apply('Round', [divided], `${y}_rounded`);
    const shifted = this.apply('Add', [rounded, this.float(`${y}_zero_point`, 0)], `${y}_shifted`);
    const ints = this.apply('Clip', [shifted, this.float(`${y}_lo`, q.lo), this.float(`${y}_hi`, q.hi)], `${y}_quantized`);
    this.emit('Mul', [ints, scale], [y]);
  }

  /**
   * More than 8 bits: QuantizeLinear has 16-bit types from opset 21 only, so the same arithmetic is written out in
   * float32, where every step but the division and the last product is exact (integers below 2^24).
   */
  private fakeQuantizeWide(x: ValueName, y: ValueName, q: QuantInfo): void {
    const scale = this.float(`${y}_scale`, q.scale[0] as number);
    const zero = this.float(`${y}_zero_point`, q.zeroPoint);
    const lo = this.float(`${y}_lo`, q.lo);
    const hi = this.float(`${y}_hi`, q.hi);
    const divided = this.apply('Div', [x, scale], `${y}_divided`);
    const rounded = this.apply('Round', [divided], `${y}_rounded`);
    // also where z is 0: it turns -0 into 0
    const shifted = this.apply('Add', [rounded, zero], `${y}_shifted`);
    const ints = this.apply('Clip', [shifted, lo, hi], `${y}_quantized`);
    const centred = this.apply('Sub', [ints, zero], `${y}_centred`);
    this.emit('Mul', [centred, scale], [y]);
  }
}

/** The same graph with quantizers as named Identity nodes, and constants in real numbers: what is learned on is no file. */
export class NamedGraph extends QdqGraph {
  readonly quantizers = new Map<ValueName, QuantInfo>();

  override fakeQuantize(x: ValueName, y: ValueName, q: QuantInfo): void {
    this.quantizers.set(y, q);
    this.emit('Identity', [x], [y]);
  }

  override dequantized(wanted: string, data: IntStorage[IntDType], shape: readonly number[], q: QuantInfo): ValueName {
    return this.constant(`${wanted}_dequantized`, { dtype: 'float32', shape, data: dequantizeAffine(data as Int32Array, q, shape) });
  }
}

function unused(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  return name;
}
