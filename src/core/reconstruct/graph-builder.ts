/**
 * A float graph under construction, opset 17 unless asked for a newer one: nodes by name of operator, shapes from the families' own rules, constants
 * shared. Owns what it grows and is thrown away when the model is taken.
 */
import { StudioError } from '../base/errors';
import type { Graph, Model, Node, NodeId, ValueInfo, ValueName } from '../ir/model';
import { sizeOf, type DType, type Tensor, type TensorRef } from '../ir/tensor';
import type { Attrs, Emitter } from '../ops/backward';
import type { TypedShape } from '../ops/family';
import { familyOf } from '../ops/registry';
import { refOf } from '../passes/constants';

const OPSET = 17;

/** Gradients of the inputs from that of the value, as a backward rule has them. */
export interface OwnGradient {
  readonly inputs: readonly ValueName[];
  readonly rule: (dy: ValueName, wanted: (input: number) => boolean) => readonly (ValueName | undefined)[];
}

export class GraphBuilder implements Emitter {
  readonly nodes: Node[] = [];
  private readonly inputs: ValueInfo[] = [];
  private readonly types = new Map<ValueName, TypedShape>();
  private readonly constants = new Map<ValueName, Tensor>();
  private readonly shared = new Map<string, ValueName>();
  private readonly gradients = new Map<ValueName, OwnGradient>();

  /** `opset`: 17 at least; what differs after it (ReduceMean's axes) is the caller's to know. */
  constructor(readonly opset = OPSET) {}

  input(name: string, shape: readonly number[], dtype: DType = 'float32'): ValueName {
    const value = name as ValueName; // the names of a graph of our own
    this.inputs.push({ name: value, dtype, shape });
    this.types.set(value, { dtype, shape });
    return value;
  }

  tensor(tensor: Tensor): ValueName {
    const value = `c${this.constants.size}` as ValueName;
    this.constants.set(value, tensor);
    this.types.set(value, tensor);
    return value;
  }

  floats(data: ArrayLike<number>, shape: readonly number[] = []): ValueName {
    return this.constantOf(data.length === 1 ? `f${data[0]}:${shape.join()}` : undefined, {
      dtype: 'float32',
      shape,
      data: Float32Array.from(data),
    });
  }

  ints(data: readonly number[]): ValueName {
    return this.constantOf(`i${data.join()}`, { dtype: 'int64', shape: [data.length], data: BigInt64Array.from(data, BigInt) });
  }

  private constantOf(key: string | undefined, tensor: Tensor): ValueName {
    const known = key === undefined ? undefined : this.shared.get(key);
    if (known !== undefined) return known;
    const value = this.tensor(tensor);
    if (key !== undefined) this.shared.set(key, value);
    return value;
  }

  emit(op: string, inputs: readonly (ValueName | undefined)[], attrs: Attrs = {}): ValueName {
    return this.emitAll(op, inputs, attrs, 1)[0] as ValueName;
  }

  emitAll(op: string, inputs: readonly (ValueName | undefined)[], attrs: Attrs, count: number): ValueName[] {
    const index = this.nodes.length;
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? `v${index}` : `v${index}_${i}`) as ValueName);
    const node: Node = { id: `n${index}` as NodeId, op, domain: '', inputs, outputs, attrs, sources: [] };
    const shapes = familyOf(op, '')?.shape({
      node,
      opset: this.opset,
      inputs: inputs.map((name) => (name === undefined ? undefined : this.typeOf(name))),
      constant: (i) => this.constants.get(inputs[i] as ValueName),
    });
    if (shapes?.length !== count) throw new StudioError({ code: 'internal', what: 'There is no such operator', where: { op } });
    this.nodes.push(node);
    outputs.forEach((output, i) => this.types.set(output, shapes[i] as TypedShape));
    return outputs;
  }

  /** Gives the value a gradient of its own, in place of that of the nodes which compute it from `inputs`. */
  withGradient(value: ValueName, inputs: readonly ValueName[], rule: OwnGradient['rule']): ValueName {
    this.gradients.set(value, { inputs, rule });
    return value;
  }

  gradientOf(value: ValueName | undefined): OwnGradient | undefined {
    return value === undefined ? undefined : this.gradients.get(value);
  }

  private typeOf(value: ValueName): TypedShape {
    const type = this.types.get(value);
    if (type) return type;
    throw new StudioError({ code: 'internal', what: 'A graph reads a value that nothing gives', where: { value } });
  }

  shape(value: ValueName): readonly number[] {
    return this.typeOf(value).shape;
  }

  constant(value: ValueName): Tensor | undefined {
    return this.constants.get(value);
  }

  /** The model that gives these outputs, each under a name of its own. Nodes that none of them needs are left out. */
  model(outputs: Readonly<Record<string, ValueName>>): Model {
    const named = Object.entries(outputs).map(([name, value]): Node => {
      const id = `out_${name}` as NodeId;
      return { id, op: 'Identity', domain: '', inputs: [value], outputs: [name as ValueName], attrs: {}, sources: [] };
    });
    const needed = new Set<ValueName>(Object.values(outputs));
    const nodes = this.nodes
      .toReversed()
      .filter((node) => {
        if (!node.outputs.some((o) => needed.has(o))) return false;
        for (const name of node.inputs) if (name !== undefined) needed.add(name);
        return true;
      })
      .toReversed();
    const initializers = new Map<ValueName, TensorRef>();
    for (const [name, tensor] of this.constants) if (needed.has(name)) initializers.set(name, refOf(name, tensor));
    const info = (name: ValueName, of: ValueName): ValueInfo => ({ name, ...this.typeOf(of) });
    const graph: Graph = {
      name: 'step',
      nodes: [...nodes, ...named],
      inputs: this.inputs.filter((i) => needed.has(i.name)),
      outputs: Object.entries(outputs).map(([name, value]) => ({ ...info(value, value), name: name as ValueName })),
      initializers,
      values: new Map(nodes.flatMap((n) => n.outputs).map((v) => [v, info(v, v)])),
    };
    return { name: 'step', irVersion: this.opset > 18 ? 10 : 8, opsets: { '': this.opset }, producer: 't2c', graph, provenance: [] };
  }

  /** Elements of a value. */
  size(value: ValueName): number {
    return sizeOf(this.shape(value));
  }
}
