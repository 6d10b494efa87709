/**
 * Models in a few words for the tests of passes, and a slow interpreter by the operators' float rules: what a model
 * computes, before and after passes. A clamp is applied after its node, nothing is fused here.
 */
import { createRng, type Rng } from '../base/rng';
import { quietContext, type Warning } from '../base/context';
import type { AttrValue, CanonicalModel, Dim, Model, Node, NodeId, ValueInfo, ValueName } from '../ir/model';
import { sizeOf, type DType, type Tensor, type TensorRef } from '../ir/tensor';
import { familyOf } from '../ops/registry';
import { canonicalise, type CanonicaliseOptions } from './canonical';
import { decoded, refOf, widened } from './constants';
import { decodeConstants } from './decode-constants';

export type Attr = number | string | readonly number[] | { readonly float: number } | { readonly tensor: Tensor };

/** `op inputs -> outputs`: inputs and outputs are separated by spaces, `_` is an input left out. */
export interface SketchNode {
  readonly op: string;
  readonly name?: string;
  readonly domain?: string;
  readonly in: string;
  readonly out: string;
  readonly attrs?: Readonly<Record<string, Attr>>;
  readonly scopes?: readonly string[];
}

export interface ModelSketch {
  readonly opset?: number;
  readonly inputs: Readonly<Record<string, readonly Dim[]>>;
  readonly inputTypes?: Readonly<Record<string, DType>>;
  readonly outputs: string;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly SketchNode[];
}

const value = (name: string): ValueName => name as ValueName;

function attribute(a: Attr): AttrValue {
  if (typeof a === 'number') return { type: 'int', value: a };
  if (typeof a === 'string') return { type: 'string', value: a };
  if ('float' in a) return { type: 'float', value: a.float };
  if ('tensor' in a) return { type: 'tensor', value: refOf('', a.tensor) };
  return { type: 'ints', value: a };
}

export function modelOf(s: ModelSketch): Model {
  const info = (name: string, shape: readonly Dim[] | undefined): ValueInfo => ({
    name: value(name),
    dtype: s.inputTypes?.[name] ?? 'float32',
    shape,
  });
  return {
    name: 'sketch',
    irVersion: 8,
    opsets: { '': s.opset ?? 13 },
    producer: 'test',
    provenance: [],
    graph: {
      name: 'g',
      inputs: Object.entries(s.inputs).map(([name, shape]) => info(name, shape)),
      outputs: s.outputs.split(' ').map((name) => info(name, undefined)),
      initializers: new Map(Object.entries(s.constants ?? {}).map(([name, t]): [ValueName, TensorRef] => [value(name), refOf(name, t)])),
      values: new Map(),
      nodes: s.nodes.map((n, i): Node => {
        const id = n.name ?? `${n.op}_${i}`;
        return {
          id: id as NodeId,
          op: n.op,
          domain: n.domain ?? '',
          inputs: n.in === '' ? [] : n.in.split(' ').map((x) => (x === '_' ? undefined : value(x))),
          outputs: n.out.split(' ').map(value),
          attrs: Object.fromEntries(Object.entries(n.attrs ?? {}).map(([k, a]) => [k, attribute(a)])),
          sources: [id],
          ...(n.scopes ? { scopes: n.scopes } : {}),
        };
      }),
    },
  };
}

export function floats(shape: readonly number[], data: ArrayLike<number>): Tensor<'float32'> {
  return { dtype: 'float32', shape, data: Float32Array.from(data) };
}

export function ints(...data: readonly number[]): Tensor {
  return { dtype: 'int64', shape: [data.length], data: BigInt64Array.from(data, BigInt) };
}

export function scalar(x: number): Tensor<'float32'> {
  return floats([], [x]);
}

export function random(rng: Rng, shape: readonly number[], scale = 1, centre = 0): Tensor<'float32'> {
  return floats(
    shape,
    Array.from({ length: sizeOf(shape) }, () => centre + scale * rng.normal()),
  );
}

/** Every value of the model for these inputs. Shapes of inputs may be dynamic: the tensors decide. */
export function interpret(model: Model, inputs: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const { graph, opsets } = decodeConstants.run(model);
  const values = new Map<string, Tensor>(inputs);
  for (const [name, ref] of graph.initializers) values.set(name, decoded(ref));
  for (const node of graph.nodes) {
    const results = evaluated(node, opsets, (name) => values.get(name));
    node.outputs.forEach((name, i) => {
      const result = results[i];
      if (result && name !== '') values.set(name, result);
    });
  }
  return values;
}

/** One node by its float rule and its clamp. */
export function evaluated(
  node: Node,
  opsets: Readonly<Record<string, number>>,
  valueOf: (name: ValueName) => Tensor | undefined,
): Tensor[] {
  const family = familyOf(node.op, node.domain);
  if (!family?.evaluate) throw new Error(`no float rule for ${node.op}`);
  const inputs = node.inputs.map((name) => (name === undefined ? undefined : valueOf(name)));
  const opset = opsets[node.domain] ?? 1;
  const outputs = family.shape({ node, opset, inputs, constant: (i) => inputs[i] });
  const results = family.evaluate({ node, opset, inputs, outputs });
  const { clamp } = node;
  if (!clamp) return results;
  return results.map((t) => ({ ...t, data: Float32Array.from(t.data as Float32Array, (v) => Math.min(Math.max(v, clamp.lo), clamp.hi)) }));
}

export function canonical(s: ModelSketch, options: CanonicaliseOptions = {}, warnings: Warning[] = []): Promise<CanonicalModel> {
  return canonicalise(modelOf(s), options, quietContext(warnings));
}

/** Random tensors for the static inputs of a canonical model. */
export function randomInputs(c: CanonicalModel, seed = 1): Map<string, Tensor<'float32'>> {
  const rng = createRng(seed);
  return new Map(c.model.graph.inputs.map((i) => [i.name, random(rng, i.shape as readonly number[])])); // static after passes
}

/**
 * Largest difference between what a model computes before and after passes, over every value that is left (each must
 * be a value of the original), relative to the largest magnitude of that value.
 */
export function largestError(original: Model, c: CanonicalModel, seed = 1): number {
  const inputs = randomInputs(c, seed);
  const before = interpret(original, inputs);
  const after = interpret(c.model, inputs);
  let worst = 0;
  for (const node of c.model.graph.nodes) {
    for (const name of node.outputs) {
      const [expected, got] = [before.get(name), after.get(name)];
      if (!expected || !got) throw new Error(`${name} is not a value of both models`);
      worst = Math.max(worst, relativeError(widened(expected), got));
    }
  }
  return worst;
}

/** max |a - b| / max |a|; throws where the shapes differ. */
export function relativeError(expected: Tensor, got: Tensor): number {
  if (expected.shape.join() !== got.shape.join()) throw new Error(`[${expected.shape.join()}] became [${got.shape.join()}]`);
  const [a, b] = [expected.data as ArrayLike<number>, got.data as ArrayLike<number>];
  let [most, apart] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(Number(a[i])));
    const d = Math.abs(Number(a[i]) - Number(b[i]));
    // equal infinities are no difference
    if (!(a[i] === b[i])) apart = Math.max(apart, Number.isNaN(d) ? Infinity : d);
  }
  return apart / (most || 1);
}

/** Operators of the canonical model in order, with the clamp's mark. */
export function ops(c: CanonicalModel): string[] {
  return c.model.graph.nodes.map((n) => `${n.domain === '' ? '' : `${n.domain}:`}${n.op}${n.clamp ? '+' : ''}`);
}
