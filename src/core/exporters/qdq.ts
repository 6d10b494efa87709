/**
 * The fake-quantized float model as ONNX: the canonical graph with QuantizeLinear and DequantizeLinear where the plan
 * has quantizers. Weights and biases are stored as the integers of the integer path. What is shown to people
 * and runtimes as "the quantized model in float"; the integer model (integer/lower.ts) is the golden one.
 * Laws: a value has the name that it has in the canonical graph, after its Q/DQ (graph inputs: before); every Q/DQ
 * equals fakeQuantizeAffine bit for bit; nothing is fake-quantized that the integer path does not quantize. A softmax whose
 * division is deferred gives its exponentials under the name of its probabilities.
 */
import { StudioError } from '../base/errors';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import type { FakeGraph } from '../integer/fake-graph';
import type { QuantPlan } from '../integer/plan';
import { writeModel } from '../onnx/write';
import { floatAttr, type WeightRole } from '../ops/family';
import { accumulatorUnits, biasIntegers, perColumn } from '../ops/lower/linear';
import { familyOf } from '../ops/registry';
import { isFloatValue, shapeOf } from '../ops/support';
import { newStorage, quantizeAffine, sameQuantizer, smallestDType } from '../quant/affine';
import { canonicalJson, type Json } from '../recipe/canonical-json';
import type { Recipe } from '../recipe/recipe';
import { emitUpgraded, OLDEST } from './opset-upgrade';
import { emitDeferred, emitOwn } from './own-operators';
import { NamedGraph, QdqGraph } from './qdq-graph';

/** First version of the format that has operator set 13. */
const OLDEST_IR = 7;

/** The bytes of an ONNX file of operator set 13 or the model's own, if that is newer. The recipe is written into it. */
export function qdqModel(c: CanonicalModel, plan: QuantPlan, recipe: Recipe): Uint8Array {
  // a recipe is JSON data by its own law
  return written(c, plan, { recipe: canonicalJson(JSON.parse(JSON.stringify(recipe)) as Json) }).bytes;
}

/**
 * The canonical model in float as ONNX: nothing quantized, our own forms in ONNX operators. `raw`: what a node's first output
 * is called before its clamp.
 */
export function floatModel(c: CanonicalModel): { readonly bytes: Uint8Array; readonly raw: ReadonlyMap<NodeId, ValueName> } {
  const unquantized = { activations: new Map(), operands: new Map(), weights: new Map(), whole: new Map(), deferred: new Set<NodeId>() };
  return written(c, { ...unquantized, islands: new Map() }, {});
}

/** The fake-quantized model with its quantizers and weights named, to be learned on: see integer/fake-graph.ts. */
export function fakeGraph(c: CanonicalModel, plan: QuantPlan): FakeGraph {
  const made = new NamedGraph(reservedNames(c));
  const { weights } = filled(c, plan, made);
  return { opset: opsetOf(c), nodes: made.nodes, initializers: made.initializers, quantizers: made.quantizers, weights };
}

function opsetOf(c: CanonicalModel): number {
  return Math.max(OLDEST, c.model.opsets[''] ?? 1);
}

function reservedNames({ model: { graph } }: CanonicalModel): ValueName[] {
  return [...graph.inputs.map((v) => v.name), ...graph.nodes.flatMap((n) => [...n.outputs, ...inputNames(n)])];
}

function filled(c: CanonicalModel, plan: QuantPlan, made: QdqGraph): NodeWriter {
  const writer = new NodeWriter(c, plan, made);
  for (const input of c.model.graph.inputs) writer.input(input.name);
  for (const node of c.model.graph.nodes) writer.node(node);
  return writer;
}

/** `started`: the graph to fill, where quantizers are written in other operators than ONNX's (qonnx.ts), and the domains that it needs. */
export function written(
  c: CanonicalModel,
  plan: QuantPlan,
  metadata: Readonly<Record<string, string>>,
  started?: { graph(reserved: readonly string[]): QdqGraph; readonly opsets: Readonly<Record<string, number>> },
) {
  const { model } = c;
  const { graph } = model;
  const opset = opsetOf(c);
  // From opset 21 on ONNX Runtime writes output_dtype into pairs of its own, and where it turns signed pairs into unsigned ones
  // (x86) it forgets it and refuses the model: these are unsigned from the start.
  const made = started?.graph(reservedNames(c)) ?? new QdqGraph(reservedNames(c), opset >= 21);
  const writer = filled(c, plan, made);
  const bytes = writeModel(
    {
      name: model.name,
      irVersion: Math.max(OLDEST_IR, model.irVersion),
      opsets: { ...withoutOwn(model.opsets), '': opset, ...started?.opsets },
      producer: 'torch2chip-studio',
      graph: {
        name: graph.name,
        nodes: made.nodes,
        inputs: graph.inputs,
        outputs: graph.outputs,
        initializers: made.initializers,
        values: new Map(),
      },
      provenance: model.provenance,
    },
    metadata,
  );
  return { bytes, raw: writer.raw };
}

function inputNames(node: Node): ValueName[] {
  return node.inputs.filter((n) => n !== undefined);
}

function withoutOwn(opsets: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(opsets).filter(([domain]) => domain !== 't2c'));
}

class NodeWriter {
  /** Graph inputs after their Q/DQ. */
  private readonly onGrid = new Map<ValueName, ValueName>();
  /** First outputs before clamp and Q/DQ. */
  readonly raw = new Map<NodeId, ValueName>();
  /** Weights on their grids, with the layers that read them. */
  readonly weights = new Map<ValueName, NodeId>();

  constructor(
    private readonly c: CanonicalModel,
    private readonly plan: QuantPlan,
    private readonly made: QdqGraph,
  ) {}

  input(name: ValueName): void {
    const q = this.plan.activations.get(name);
    if (!q) return;
    const y = this.made.name(`${name}_dequantized`);
    this.made.fakeQuantize(name, y, q);
    this.onGrid.set(name, y);
  }

  node(node: Node): void {
    if (Object.values(node.attrs).some((a) => a.type === 'graph')) {
      throw new StudioError({
        code: 'unsupported-operator',
        what: 'An operator with a subgraph has no place in the fake-quantized model',
        where: { node: this.c.stems.get(node.id) ?? node.id, op: node.op },
      });
    }
    const weight = this.weightRole(node);
    const inputs = node.inputs.map((name, i) => (name === undefined ? undefined : this.operand(node, name, i, weight)));
    // where Q/DQ or a clamp follows, the operator itself writes to another name
    const outputs = node.outputs.map((y, i) => {
      const clamped = i === 0 && node.clamp !== undefined;
      return clamped || this.quantizerAfter(node, y) ? this.made.name(`${y}_float`) : y;
    });
    if (outputs[0] !== undefined) this.raw.set(node.id, outputs[0]);
    this.operator({ ...node, inputs, outputs }, node.inputs);
    node.outputs.forEach((y, i) => this.finish(node, outputs[i] ?? y, y, i));
  }

  /** The operator alone; our own forms in ONNX operators. */
  private operator(node: Node, original: Node['inputs']): void {
    const shapes = original.map((name) => (name === undefined ? undefined : shapeOf(this.c, name)));
    const view = { graph: this.made, opset: this.c.model.opsets[''] ?? 1, shapes };
    const { clamp: _, ...plain } = node;
    if (this.plan.deferred.has(node.id)) {
      emitDeferred(this.made, plain, Math.max(OLDEST, view.opset));
      return;
    }
    if (node.domain !== 't2c') {
      emitUpgraded(plain, view);
      return;
    }
    const isOwn = emitOwn(this.made, plain, shapes[0]?.length ?? 0, Math.max(OLDEST, view.opset));
    if (!isOwn) emitUpgraded({ ...plain, domain: '' }, view);
  }

  /** Clamp, then Q/DQ, on the way from `x` to the value's own name. */
  private finish(node: Node, x: ValueName, y: ValueName, i: number): void {
    const q = this.quantizerAfter(node, y);
    let from = x;
    if (i === 0 && node.clamp) {
      const { lo, hi } = node.clamp;
      const to = q ? this.made.name(`${y}_clamped`) : y;
      if (lo === 0 && hi === Infinity) this.made.emit('Relu', [from], [to]);
      else {
        const bound = (v: number, label: string): ValueName | undefined =>
          Number.isFinite(v) ? this.made.float(`${y}_${label}`, v) : undefined;
        this.made.emit('Clip', [from, bound(lo, 'least'), bound(hi, 'most')], [to]);
      }
      from = to;
    }
    if (q) this.made.fakeQuantize(from, y, q);
  }

  /** The quantizer that the value needs a Q/DQ for; operators that only move values keep that of their input. */
  private quantizerAfter(node: Node, y: ValueName): QuantInfo | undefined {
    const q = isFloatValue(this.c, y) ? this.plan.activations.get(y) : undefined;
    const from = node.inputs[0];
    if (!q || from === undefined || node.clamp || this.plan.islands.has(node.id)) return q;
    const own = this.plan.operands.get(node.id)?.[0] ?? this.plan.activations.get(from);
    const moves = familyOf(node.op, node.domain)?.quantizer === 'pass';
    return moves && own && sameQuantizer(own, q) ? undefined : q;
  }

  private weightRole(node: Node): WeightRole | undefined {
    if (!this.plan.weights.has(node.id)) return undefined;
    const inputs = node.inputs.map((n) => (n === undefined ? undefined : ({ dtype: 'float32', shape: shapeOf(this.c, n) } as const)));
    return familyOf(node.op, node.domain)?.weight?.(node, inputs);
  }

  /** Input i of the node as a value of the new graph. */
  private operand(node: Node, name: ValueName, i: number, weight: WeightRole | undefined): ValueName {
    const q = this.plan.operands.get(node.id)?.[i];
    const planned = i === weight?.input ? this.plan.weights.get(node.id) : undefined;
    if (planned) {
      const w = this.made.dequantized(name, planned.data, planned.shape, planned.q);
      this.weights.set(w, node.id);
      return w;
    }
    const constant = this.c.constants(name);
    if (constant && weight && i === weight.biasInput) return this.bias(node, name, constant, weight);
    if (constant) return q ? this.quantizedConstant(name, constant, q) : this.constant(name, constant);
    const x = this.onGrid.get(name) ?? name;
    const own = this.plan.activations.get(name);
    if (!q || (own && sameQuantizer(own, q))) return x;
    const y = this.made.name(`${name}_for_${this.c.stems.get(node.id) ?? node.id}`);
    this.made.fakeQuantize(x, y, q);
    return y;
  }

  /**
   * The bias in whole units of the accumulator, as the integer path adds it: where a unit is coarse (large weights on
   * an input of few levels) a float bias would be another network.
   */
  private bias(node: Node, name: ValueName, tensor: Tensor, { channelAxis }: WeightRole): ValueName {
    const planned = this.plan.weights.get(node.id);
    const source = node.inputs[0];
    const qx = this.plan.operands.get(node.id)?.[0] ?? (source === undefined ? undefined : this.plan.activations.get(source));
    const channels = planned?.shape[channelAxis] ?? 0;
    const all = planned && perColumn(tensor, channels);
    const gemm = node.op === 'Gemm';
    const [alpha, beta] = gemm ? [floatAttr(node, 'alpha', 1), floatAttr(node, 'beta', 1)] : [1, 1];
    // with a scale per token its units are finer than 32 bits can count
    if (!planned || !qx || !all || beta === 0 || qx.axis !== undefined) return this.constant(name, tensor);
    const unit = accumulatorUnits(qx, planned.q, channels, alpha);
    const { integers } = biasIntegers(
      all.map((b) => b * beta),
      unit,
    );
    // the operator multiplies by beta once more
    const scale = Float32Array.from(planned.q.axis === undefined ? unit.slice(0, 1) : unit, (u) => u / beta);
    const axis = planned.q.axis === undefined ? undefined : 0;
    return this.made.dequantized(name, integers, [channels], {
      bits: 32,
      signed: true,
      scale,
      axis,
      zeroPoint: 0,
      lo: -(2 ** 31),
      hi: 2 ** 31 - 1,
    });
  }

  private constant(name: ValueName, tensor: Tensor): ValueName {
    this.made.keep(name, tensor);
    return name;
  }

  private quantizedConstant(name: ValueName, tensor: Tensor, q: QuantInfo): ValueName {
    const real = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data as ArrayLike<number>);
    const data = newStorage(smallestDType(q.lo, q.hi), real.length) as Int32Array; // at most 16 bits
    data.set(quantizeAffine(real, q));
    return this.made.dequantized(name, data, tensor.shape, q);
  }
}
