/**
 * One node written as several: what the passes that take fused operators apart build with. Types and shapes of what is
 * made are inferred at once, and parts of constants are constants.
 * Law: the last part makes the node's own outputs, under their own names; values in between are new.
 */
import type { AttrValue, Graph, Model, Node, NodeId, ValueInfo, ValueName } from '../ir/model';
import { sizeOf, type Tensor, type TensorRef } from '../ir/tensor';
import type { TypedShape } from '../ops/family';
import { familyOf } from '../ops/registry';
import { constantOf, refOf } from './constants';
import { freshNames } from './graph-index';
import { opsetOf, withGraph } from './pass';

export type Attrs = Readonly<Record<string, AttrValue>>;
export const int = (value: number): AttrValue => ({ type: 'int', value });
export const ints = (value: readonly number[]): AttrValue => ({ type: 'ints', value });
export const float = (value: number): AttrValue => ({ type: 'float', value });

/** A graph while nodes of it are replaced. */
export class Expansion {
  readonly model: Model;
  private readonly initializers: Map<ValueName, TensorRef>;
  private readonly values: Map<ValueName, ValueInfo>;
  private readonly fresh: (wish: string) => ValueName;
  private readonly ids: Set<NodeId>;
  private readonly used: ReadonlySet<ValueName | undefined>;

  constructor(model: Model) {
    this.model = model;
    this.initializers = new Map(model.graph.initializers);
    this.values = new Map(model.graph.values);
    this.fresh = freshNames(model.graph);
    this.ids = new Set(model.graph.nodes.map((n) => n.id));
    this.used = new Set([...model.graph.nodes.flatMap((n) => n.inputs), ...model.graph.outputs.map((o) => o.name)]);
    for (const input of model.graph.inputs) this.values.set(input.name, input);
  }

  get opset(): number {
    return opsetOf(this.model);
  }

  /** Does anybody read it? Outputs that a file leaves out have a name, too. */
  isUsed(name: ValueName | undefined): boolean {
    return name !== undefined && this.used.has(name);
  }

  constant(name: ValueName | undefined): Tensor | undefined {
    return constantOf({ initializers: this.initializers }, name);
  }

  typed(name: ValueName): TypedShape {
    const known = this.initializers.get(name) ?? this.values.get(name);
    // shapes are static after inference
    return { dtype: known?.dtype ?? 'float32', shape: (known?.shape ?? []) as readonly number[] };
  }

  keep(wish: string, tensor: Tensor): ValueName {
    const name = this.fresh(wish);
    this.initializers.set(name, refOf(name, tensor));
    return name;
  }

  newName(wish: string): ValueName {
    return this.fresh(wish);
  }

  newId(wish: string): NodeId {
    let id = wish as NodeId; // made unique here
    for (let i = 1; this.ids.has(id); i++) id = `${wish}_${i}` as NodeId;
    this.ids.add(id);
    return id;
  }

  /** Infers what the node makes; gives it as constants where all that it reads is constant and it makes nothing named before. */
  settle(node: Node): boolean {
    const family = familyOf(node.op, node.domain);
    if (!family) return false;
    const opset = opsetOf(this.model, node.domain);
    const inputs = node.inputs.map((n) => (n === undefined ? undefined : this.typed(n)));
    const outputs = family.shape({ node, opset, inputs, constant: (i) => this.constant(node.inputs[i]) });
    const tensors = node.inputs.map((n) => this.constant(n));
    if (family.evaluate && node.inputs.every((n, i) => n === undefined || tensors[i] !== undefined)) {
      family.evaluate({ node, opset, inputs: tensors, outputs }).forEach((tensor, i) => {
        const name = node.outputs[i];
        if (name !== undefined && name !== '') this.initializers.set(name, refOf(name, tensor));
      });
      return true;
    }
    node.outputs.forEach((name, i) => {
      const output = outputs[i];
      if (name !== '' && output) this.values.set(name, { name, ...output });
    });
    return false;
  }

  done(nodes: readonly Node[]): Model {
    const graph: Partial<Graph> = { nodes, initializers: this.initializers, values: this.values };
    return withGraph(this.model, graph);
  }
}

/** The parts of one node. */
export class Parts {
  readonly nodes: Node[] = [];

  constructor(
    readonly graph: Expansion,
    readonly whole: Node,
  ) {}

  /** What the new names and ids begin with. */
  private get stem(): string {
    return this.whole.outputs.find((o) => o !== '') ?? this.whole.id;
  }

  /** One more part; its value is new. `label` names it. */
  make(op: string, inputs: Node['inputs'], label: string, attrs: Attrs = {}, domain = ''): ValueName {
    const name = this.graph.newName(`${this.stem}.${label}`);
    this.add(op, inputs, name, attrs, domain, label);
    return name;
  }

  /** The part that makes output `i` of the whole. */
  into(i: number, op: string, inputs: Node['inputs'], attrs: Attrs = {}, domain = ''): void {
    const name = this.whole.outputs[i];
    if (name === undefined || !this.graph.isUsed(name)) return;
    this.add(op, inputs, name, attrs, domain, i === 0 ? undefined : `${op}${i}`);
  }

  private add(op: string, inputs: Node['inputs'], output: ValueName, attrs: Attrs, domain: string, label: string | undefined): void {
    const given = inputs.slice(0, inputs.findLastIndex((n) => n !== undefined) + 1);
    const id = label === undefined ? this.whole.id : this.graph.newId(`${this.whole.id}/${label}`);
    const node: Node = { ...this.whole, id, op, domain, inputs: given, outputs: [output], attrs };
    if (!this.graph.settle(node)) this.nodes.push(node);
  }

  shape(name: ValueName): readonly number[] {
    return this.graph.typed(name).shape;
  }

  constant(name: ValueName | undefined): Tensor | undefined {
    return this.graph.constant(name);
  }

  scalar(value: number, label: string): ValueName {
    return this.graph.keep(`${this.stem}.${label}`, { dtype: 'float32', shape: [], data: Float32Array.of(value) });
  }

  ones(shape: readonly number[], label: string): ValueName {
    return this.graph.keep(`${this.stem}.${label}`, { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)).fill(1) });
  }

  list(values: readonly number[], label: string): ValueName {
    return this.graph.keep(`${this.stem}.${label}`, { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  reshape(x: ValueName, shape: readonly number[], label: string): ValueName {
    return this.shape(x).join() === shape.join() ? x : this.make('Reshape', [x, this.list(shape, `${label}.shape`)], label);
  }

  transpose(x: ValueName, perm: readonly number[], label: string): ValueName {
    return perm.every((p, i) => p === i) ? x : this.make('Transpose', [x], label, { perm: ints(perm) });
  }

  /** Elements from `start` to `end` of an axis. */
  slice(x: ValueName, axis: number, start: number, end: number, label: string): ValueName {
    if (start === 0 && end === this.shape(x)[axis]) return x;
    if (this.graph.opset < 10) return this.make('Slice', [x], label, { starts: ints([start]), ends: ints([end]), axes: ints([axis]) });
    const list = (v: number, what: string): ValueName => this.list([v], `${label}.${what}`);
    return this.make('Slice', [x, list(start, 'start'), list(end, 'end'), list(axis, 'axis')], label);
  }

  /** The sum over axes, which leave. */
  sum(x: ValueName, axes: readonly number[], label: string): ValueName {
    if (axes.length === 0) return x;
    const keepdims = { keepdims: int(0) };
    if (this.graph.opset < 13) return this.make('ReduceSum', [x], label, { axes: ints(axes), ...keepdims });
    return this.make('ReduceSum', [x, this.list(axes, `${label}.axes`)], label, keepdims);
  }

  /** The same as output `i` of the whole. */
  sumInto(i: number, x: ValueName, axes: readonly number[]): void {
    const keepdims = { keepdims: int(0) };
    if (this.graph.opset < 13) this.into(i, 'ReduceSum', [x], { axes: ints(axes), ...keepdims });
    else this.into(i, 'ReduceSum', [x, this.list(axes, `count.axes`)], keepdims);
  }

  /** x + b, x itself where there is no b. */
  plus(x: ValueName, b: ValueName | undefined, label: string): ValueName {
    return b === undefined ? x : this.make('Add', [x, b], label);
  }

  times(x: ValueName, factor: number, label: string): ValueName {
    return factor === 1 ? x : this.make('Mul', [x, this.scalar(factor, `${label}.factor`)], label);
  }

  /** Number of elements. */
  size(x: ValueName): number {
    return sizeOf(this.shape(x));
  }
}
