/**
 * Einsum of two operands as what a person would write: Transpose, Reshape, MatMul, with a bias behind it where an Add follows.
 * Keras writes its attention and its dense layers so. Only equations that are one product: every letter once in an operand,
 * and no more than a runtime with open extents can be asked for (a constant operand knows its own).
 * The products have no name in the file: the runtime is given the model that this pass made, as for Gemm (runtime-model.ts).
 */
import type { AttrValue, Model, Node, NodeId, ValueName } from '../ir/model';
import { sizeOf, type Tensor, type TensorRef } from '../ir/tensor';
import { stringAttr } from '../ops/family';
import { reshaped } from '../ops/storage';
import { transposed } from '../ops/strided';
import { decoded, isFloatType, refOf } from './constants';
import { freshNames, indexOf, isPrivate, nameBeside } from './graph-index';
import { opsetOf, withGraph } from './pass';

/** The letters of a product by what they do. */
interface Product {
  /** Which operand is the left one: its own letters come first in the result. */
  readonly left: 0 | 1;
  readonly batch: readonly string[];
  readonly rows: readonly string[];
  readonly summed: readonly string[];
  readonly columns: readonly string[];
  readonly operands: readonly [readonly string[], readonly string[]];
  readonly result: readonly string[];
}

export const splitEinsum = {
  name: 'split-einsum',
  run(model: Model): Model {
    return model.graph.nodes.some((n) => n.op === 'Einsum') ? new Splitter(model).done() : model;
  },
};

function productOf(node: Node): Product | undefined {
  const text = stringAttr(node, 'equation', '').replaceAll(/\s/g, '');
  const match = /^([A-Za-z]+),([A-Za-z]+)->([A-Za-z]+)$/.exec(text);
  if (!match || node.inputs.length !== 2) return undefined;
  const [a, b, result] = match.slice(1).map((term) => [...term]) as [string[], string[], string[]];
  if ([a, b, result].some((t) => new Set(t).size !== t.length)) return undefined;
  const inBoth = a.filter((l) => b.includes(l));
  const [ofA, ofB] = [a, b].map((t) => t.filter((l) => !inBoth.includes(l))) as [string[], string[]];
  const batch = inBoth.filter((l) => result.includes(l));
  // a letter of one operand that the result lacks would be a sum of its own
  if ([...ofA, ...ofB].some((l) => !result.includes(l)) || result.some((l) => !a.includes(l) && !b.includes(l))) return undefined;
  const first = result.find((l) => ofA.includes(l) || ofB.includes(l));
  const left = first !== undefined && ofB.includes(first) ? 1 : 0;
  const [rows, columns] = (left === 0 ? [ofA, ofB] : [ofB, ofA]).map((own) => result.filter((l) => own.includes(l))) as [
    string[],
    string[],
  ];
  const summed = (left === 0 ? b : a).filter((l) => inBoth.includes(l) && !batch.includes(l));
  return { left, batch: result.filter((l) => batch.includes(l)), rows, summed, columns, operands: [a, b], result };
}

class Splitter {
  private readonly index;
  private readonly fresh;
  private readonly ids: Set<string>;
  private readonly initializers: Map<ValueName, TensorRef>;
  private readonly gone = new Set<Node>();
  private readonly nodes: Node[] = [];

  constructor(private readonly model: Model) {
    const { graph } = model;
    this.index = indexOf(graph);
    this.fresh = freshNames(graph);
    this.ids = new Set<string>(graph.nodes.map((n) => n.id));
    this.initializers = new Map(graph.initializers);
  }

  done(): Model {
    for (const node of this.model.graph.nodes) {
      if (this.gone.has(node)) continue;
      const p = node.op === 'Einsum' && node.domain === '' && opsetOf(this.model) >= 12 ? productOf(node) : undefined;
      if (!p || !(this.layer(node, p) || this.product(node, p))) this.nodes.push(node);
    }
    return withGraph(this.model, { nodes: this.nodes, initializers: this.initializers });
  }

  /** The right operand a constant matrix of any rank, nothing in common but what is summed. */
  private layer(node: Node, p: Product): boolean {
    const [x, w] = p.left === 0 ? node.inputs : [node.inputs[1], node.inputs[0]];
    const [letters, own] = p.left === 0 ? p.operands : [p.operands[1], p.operands[0]];
    const ref = w === undefined ? undefined : this.model.graph.initializers.get(w);
    const output = node.outputs[0];
    if (!ref || x === undefined || output === undefined || !isFloatType(ref.dtype) || p.batch.length > 0) return false;
    if (this.model.graph.initializers.has(x) || p.summed.length === 0 || p.columns.length === 0) return false;
    if ([...p.rows, ...p.columns].join() !== p.result.join()) return false;
    const extent = (letter: string): number => ref.shape[own.indexOf(letter)] as number;
    const [K, N] = [p.summed, p.columns].map((list) => sizeOf(list.map(extent))) as [number, number];
    const weight = this.fresh(`${ref.name}.matrix`);
    const turned = transposed(
      decoded(ref),
      [...p.summed, ...p.columns].map((l) => own.indexOf(l)),
    );
    this.initializers.set(weight, refOf(weight, reshaped(turned, [K, N])));
    let from = this.arranged(node, x, letters, [...p.rows, ...p.summed]);
    if (p.summed.length > 1) from = this.reshape(node, from, [...p.rows.map(() => 0), K], 'joined');
    const add = this.biasOf(output, p.columns.map(extent));
    const last = add?.node.outputs[0] ?? output;
    const product = add || p.columns.length > 1 ? this.fresh(`${output}.product`) : output;
    this.nodes.push({ ...node, op: 'MatMul', inputs: [from, weight], outputs: [product], attrs: {} });
    let result = product;
    if (add) {
      this.gone.add(add.node);
      const bias = this.fresh(`${add.name}.row`);
      this.initializers.set(bias, refOf(bias, add.bias));
      result = p.columns.length > 1 ? this.fresh(`${last}.sum`) : last;
      this.nodes.push({ ...add.node, inputs: [product, bias], outputs: [result] });
    }
    if (p.columns.length > 1) this.reshape(node, result, [...p.rows.map(() => 0), ...p.columns.map(extent)], 'apart', last);
    return true;
  }

  /** Both operands computed: a batch of matrices, one letter each for rows, columns and the sum. */
  private product(node: Node, p: Product): boolean {
    const [x, y] = p.left === 0 ? node.inputs : [node.inputs[1], node.inputs[0]];
    const [of, other] = p.left === 0 ? p.operands : [p.operands[1], p.operands[0]];
    const output = node.outputs[0];
    if (x === undefined || y === undefined || output === undefined) return false;
    if (p.rows.length !== 1 || p.columns.length !== 1 || p.summed.length !== 1) return false;
    const a = this.arranged(node, x, of, [...p.batch, ...p.rows, ...p.summed]);
    const b = this.arranged(node, y, other, [...p.batch, ...p.summed, ...p.columns]);
    const made = [...p.batch, ...p.rows, ...p.columns];
    const straight = made.join() === p.result.join();
    const product = straight ? output : this.fresh(`${output}.product`);
    this.nodes.push({ ...node, op: 'MatMul', inputs: [a, b], outputs: [product], attrs: {} });
    if (!straight) this.arranged(node, product, made, p.result, output);
    return true;
  }

  /** The value with its axes in another order. */
  private arranged(node: Node, x: ValueName, from: readonly string[], to: readonly string[], out?: ValueName): ValueName {
    if (from.join() === to.join() && out === undefined) return x;
    const output = out ?? this.fresh(`${x}.turned`);
    const attrs: Record<string, AttrValue> = { perm: { type: 'ints', value: to.map((l) => from.indexOf(l)) } };
    this.nodes.push({ ...node, id: this.id(nameBeside(node, 'Transpose')), op: 'Transpose', inputs: [x], outputs: [output], attrs });
    return output;
  }

  /** 0 keeps an extent that may be open. */
  private reshape(node: Node, x: ValueName, shape: readonly number[], label: string, out = this.fresh(`${x}.${label}`)): ValueName {
    const list = this.fresh(`${out}.shape`);
    this.initializers.set(list, refOf(list, { dtype: 'int64', shape: [shape.length], data: BigInt64Array.from(shape, BigInt) }));
    this.nodes.push({ ...node, id: this.id(nameBeside(node, 'Reshape')), op: 'Reshape', inputs: [x, list], outputs: [out], attrs: {} });
    return out;
  }

  /** The one reader of the value where it adds a constant with the extents of the columns. */
  private biasOf(output: ValueName, columns: readonly number[]): { node: Node; name: string; bias: Tensor } | undefined {
    const [node] = this.index.readers.get(output) ?? [];
    if (!node || node.op !== 'Add' || node.domain !== '' || !isPrivate(this.index, output)) return undefined;
    const name = node.inputs.find((input) => input !== output);
    const ref = name === undefined ? undefined : this.model.graph.initializers.get(name);
    if (!ref || name === undefined || !isFloatType(ref.dtype) || ref.shape.join() !== columns.join()) return undefined;
    return { node, name, bias: reshaped(decoded(ref), [sizeOf(columns)]) };
  }

  private id(wish: string): NodeId {
    let id = wish;
    for (let i = 2; this.ids.has(id); i++) id = `${wish}_${i}`;
    this.ids.add(id);
    return id as NodeId; // unique: asked above
  }
}
