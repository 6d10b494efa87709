/**
 * Where real numbers become integers and back: at the inputs and outputs of the model, and around float islands.
 * Law: what comes in becomes quantizeAffine of it bit for bit (finite numbers), what goes out is dequantizeAffine.
 */
import { StudioError } from '../base/errors';
import type { FloatIsland, QuantInfo } from '../ir/integer-model';
import type { Node, ValueName } from '../ir/model';
import { sizeOf, type DType, type Tensor } from '../ir/tensor';
import { codeOf } from '../onnx/dtypes';
import { integerRange } from '../quant/affine';
import { emitUpgraded } from './opset-upgrade';
import { emitOwn } from './own-operators';
import { fileType, type IntegerGraph } from './integer-onnx-graph';

export class Border {
  private readonly real = new Map<string, ValueName>();

  constructor(private readonly g: IntegerGraph) {}

  /** The integers of the model's input. */
  input(name: string): void {
    const { g } = this;
    const { dtype, whole: plain } = g.info(name);
    const q = this.quant(name);
    if (plain) {
      g.declare(name, 'int64');
      g.castTo(name as ValueName, fileType(dtype), g.tensor(name)); // inputs keep their names
      return;
    }
    g.declare(name, 'float32');
    if (dtype !== 'uint8' && dtype !== 'int8') {
      this.quantized(name as ValueName, name); // inputs keep their names
      return;
    }
    const inputs = [name as ValueName, g.scale(`${name}_scale`, scaleOf(q)), g.constant(`${name}_zero_point`, dtype, [], [q.zeroPoint])];
    const whole = integerRange(8, dtype === 'int8', false);
    const out = g.tensor(name);
    if (q.lo === whole.lo && q.hi === whole.hi) {
      g.emit('QuantizeLinear', inputs, out, {}, dtype);
      return;
    }
    const saturated = g.apply('QuantizeLinear', inputs, `${name}_saturated`, {}, dtype);
    g.emit('Clip', [saturated, g.constant(`${name}_lo`, dtype, [], [q.lo]), g.constant(`${name}_hi`, dtype, [], [q.hi])], out);
  }

  /** The model's output in real numbers, under the name given. */
  output(name: string, out: ValueName): void {
    this.dequantized(name, out);
  }

  island(island: FloatIsland): void {
    const { g } = this;
    const { source } = island;
    const where = { node: island.node, op: island.op };
    if (Object.values(source.attrs).some((a) => a.type === 'graph')) {
      throw new StudioError({ code: 'unsupported-operator', what: 'An operator with a subgraph has no place in the integer model', where });
    }
    const inputs = island.operands.map((o, i): ValueName | undefined => {
      const whole = typeof o === 'string' ? island.whole?.[o] : undefined;
      if (typeof o === 'string' && whole !== undefined) return this.wholeOf(o, whole);
      if (typeof o === 'string') return this.realOf(o);
      return o && this.constant(source.inputs[i] ?? '', o);
    });
    const shapes = island.operands.map((o) => (typeof o === 'string' ? g.info(o).shape : o?.shape));
    const outputs = source.outputs.map((name) => g.made.name(`${name}_real`));
    const { clamp, ...plain } = source;
    this.operator({ ...plain, inputs, outputs }, island.opset, shapes);
    let result = outputs[source.outputs.findIndex((name) => name === island.output)];
    if (result === undefined) throw new StudioError({ code: 'internal', what: 'A float island has no such output', where });
    for (const name of outputs) g.declare(name, 'float32');
    if (clamp) {
      const bound = (label: string, v: number): ValueName | undefined =>
        Number.isFinite(v) ? g.scale(`${island.output}_${label}`, v) : undefined;
      result = g.apply('Clip', [result, bound('clamp_lo', clamp.lo), bound('clamp_hi', clamp.hi)], `${island.output}_clamped`);
    }
    this.quantized(result, island.output);
  }

  /** The operator alone; the studio's own forms in ONNX operators. */
  private operator(node: Node, opset: number, shapes: readonly (readonly number[] | undefined)[]): void {
    const graph = this.g.made;
    const view = { graph, opset, shapes };
    if (node.domain !== 't2c') emitUpgraded(node, view);
    else if (!emitOwn(graph, node, shapes[0]?.length ?? 0, this.g.opset)) emitUpgraded({ ...node, domain: '' }, view);
  }

  private constant(wanted: string, tensor: Tensor): ValueName {
    return this.g.made.constant(`${wanted}_constant`, tensor);
  }

  /** Whole numbers in the type that the float operator takes. */
  private wholeOf(name: string, dtype: DType): ValueName {
    const out = this.g.made.name(`${name}_${dtype}`);
    this.g.made.emit('Cast', [this.g.tensor(name)], [out], { to: { type: 'int', value: codeOf(dtype) } });
    return out;
  }

  private realOf(name: string): ValueName {
    const known = this.real.get(name);
    if (known !== undefined) return known;
    const out = this.g.made.name(`${name}_dequantized`);
    this.real.set(name, out);
    this.dequantized(name, out);
    return out;
  }

  private dequantized(name: string, out: ValueName): void {
    const { g } = this;
    const q = this.quant(name);
    const { dtype } = g.info(name);
    const scale = g.scale(`${out}_scale`, scaleOf(q));
    if (dtype === 'uint8' || dtype === 'int8') {
      g.emit('DequantizeLinear', [g.tensor(name), scale, g.constant(`${out}_zero_point`, dtype, [], [q.zeroPoint])], out, {}, 'float32');
      return;
    }
    // to operator set 20 there is no 16-bit type: q - z in 32 bits
    g.emit('DequantizeLinear', [g.centred(name, 'int32', q.zeroPoint, out), scale], out, {}, 'float32');
  }

  /**
   * QuantizeLinear written out, for wider integers than it has, and behind islands, where runtimes would fuse it with
   * its neighbours: float32 division, ties to even, cut to the range, then whole numbers in int32.
   */
  private quantized(x: ValueName, name: string): void {
    const { g } = this;
    const q = this.quant(name);
    const divided = g.apply('Div', [x, g.scale(`${name}_step`, scaleOf(q))], `${name}_divided`);
    const rounded = g.apply('Round', [divided], `${name}_rounded`);
    const bound = (label: string, at: number): ValueName => g.scale(`${name}_${label}`, at - q.zeroPoint);
    const cut = g.apply('Clip', [rounded, bound('least', q.lo), bound('most', q.hi)], `${name}_cut`);
    const whole = g.cast(cut, 'int32', `${name}_whole`);
    const placed = g.plus(whole, [q.zeroPoint], [], `${name}_placed`);
    const type = fileType(g.info(name).dtype);
    if (g.typeOf(placed) === type) g.emit('Identity', [placed], g.tensor(name));
    else g.castTo(placed, type, g.tensor(name));
  }

  private quant(name: string): QuantInfo {
    const q = this.g.info(name).quant;
    if (q && sizeOf([q.scale.length]) === 1) return q;
    throw new StudioError({ code: 'internal', what: 'A value at the border has no quantizer of its own', where: { value: name } });
  }
}

function scaleOf(q: QuantInfo): number {
  return q.scale[0] as number;
}
