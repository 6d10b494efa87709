import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { createRng } from '../base/rng';
import type { AttrValue, Model, Node, NodeId, ValueName } from '../ir/model';
import { sizeOf, type Tensor } from '../ir/tensor';
import { writeModel } from '../onnx/write';
import { emitUpgraded, OLDEST } from './opset-upgrade';
import { QdqGraph } from './qdq-graph';
import { firstDifference } from './qdq.fixture';

interface Old {
  readonly op: string;
  readonly opset: number;
  readonly x: readonly number[];
  readonly attrs?: Readonly<Record<string, AttrValue>>;
  readonly constants?: readonly Tensor[];
  readonly outputs?: number;
}

const ints = (...value: number[]): AttrValue => ({ type: 'ints', value });
const int = (value: number): AttrValue => ({ type: 'int', value });
const float = (value: number): AttrValue => ({ type: 'float', value });
const floats = (...value: number[]): AttrValue => ({ type: 'floats', value });
const string = (value: string): AttrValue => ({ type: 'string', value });
const numbers = (shape: readonly number[], data: readonly number[]): Tensor => ({ dtype: 'float32', shape, data: Float32Array.from(data) });
const wholes = (...data: number[]): Tensor => ({ dtype: 'int64', shape: [data.length], data: BigInt64Array.from(data, BigInt) });

/** Old forms that ONNX Runtime still runs (from operator set 7 on), where 13 has another form. */
const forms: readonly Old[] = [
  { op: 'Clip', opset: 7, x: [2, 3], attrs: { min: float(-0.5), max: float(0.25) } },
  { op: 'Clip', opset: 10, x: [2, 3], attrs: { max: float(0.25) } },
  { op: 'Clip', opset: 11, x: [2, 3], constants: [numbers([], [-0.5]), numbers([], [0.25])] },
  { op: 'Pad', opset: 7, x: [1, 2, 3], attrs: { pads: ints(0, 1, 0, 0, 0, 2), value: float(0.5) } },
  { op: 'Pad', opset: 10, x: [1, 2, 4], attrs: { pads: ints(0, 0, 2, 0, 0, 1), mode: string('reflect') } },
  { op: 'Slice', opset: 9, x: [3, 5], attrs: { starts: ints(1, -4), ends: ints(3, 2 ** 63), axes: ints(0, 1) } },
  { op: 'Slice', opset: 9, x: [3, 5], attrs: { starts: ints(1), ends: ints(2) } },
  { op: 'Squeeze', opset: 11, x: [1, 3, 1], attrs: { axes: ints(2) } },
  { op: 'Squeeze', opset: 11, x: [1, 3, 1] },
  { op: 'Unsqueeze', opset: 11, x: [2, 3], attrs: { axes: ints(0, 3) } },
  { op: 'ReduceSum', opset: 11, x: [2, 3, 4], attrs: { axes: ints(1, 2), keepdims: int(0) } },
  { op: 'ReduceSum', opset: 8, x: [2, 3, 4] },
  { op: 'ReduceMean', opset: 11, x: [2, 3, 4], attrs: { axes: ints(-1) } },
  { op: 'Split', opset: 11, x: [6, 2], attrs: { split: ints(1, 5), axis: int(0) }, outputs: 2 },
  { op: 'Split', opset: 11, x: [2, 6], attrs: { axis: int(1) }, outputs: 2 },
  { op: 'Dropout', opset: 7, x: [2, 3], attrs: { ratio: float(0.5) } },
  { op: 'Dropout', opset: 10, x: [2, 3], attrs: { ratio: float(0.5) } },
  { op: 'Softmax', opset: 11, x: [2, 3, 4] },
  { op: 'Softmax', opset: 11, x: [2, 3, 4], attrs: { axis: int(2) } },
  { op: 'Softmax', opset: 9, x: [2, 3, 4], attrs: { axis: int(0) } },
  { op: 'LogSoftmax', opset: 11, x: [2, 3, 4], attrs: { axis: int(-2) } },
  { op: 'Hardmax', opset: 11, x: [2, 3, 4] },
  { op: 'Softmax', opset: 11, x: [2, 5] },
  {
    op: 'BatchNormalization',
    opset: 7,
    x: [2, 3, 2, 2],
    attrs: { epsilon: float(1e-3), spatial: int(1) },
    constants: [numbers([3], [1, 2, 3]), numbers([3], [0, 1, 2]), numbers([3], [0.1, 0.2, 0.3]), numbers([3], [1, 2, 0.5])],
  },
  { op: 'Upsample', opset: 7, x: [1, 2, 3, 3], attrs: { scales: floats(1, 1, 2, 2), mode: string('nearest') } },
  { op: 'Upsample', opset: 9, x: [1, 2, 3, 3], attrs: { mode: string('linear') }, constants: [numbers([4], [1, 1, 2, 2])] },
  { op: 'Resize', opset: 10, x: [1, 2, 4, 4], attrs: { mode: string('nearest') }, constants: [numbers([4], [1, 1, 1.5, 0.5])] },
  {
    op: 'Scatter',
    opset: 9,
    x: [3, 3],
    attrs: { axis: int(0) },
    constants: [{ ...wholes(1, 0, 2), shape: [1, 3] }, numbers([1, 3], [7, 8, 9])],
  },
  { op: 'TopK', opset: 9, x: [2, 5], attrs: { k: int(3) }, outputs: 2 },
  { op: 'Concat', opset: 7, x: [2, 2], attrs: { axis: int(1) }, constants: [numbers([2, 1], [5, 6])] },
  { op: 'Reshape', opset: 7, x: [2, 3], constants: [wholes(3, 2)] },
  { op: 'Add', opset: 7, x: [2, 3], constants: [numbers([3], [1, 2, 3])] },
  { op: 'PRelu', opset: 9, x: [1, 2, 3], constants: [numbers([2, 1], [0.1, 0.2])] },
  { op: 'Flatten', opset: 9, x: [2, 3, 4], attrs: { axis: int(2) } },
];

function modelOf(nodes: readonly Node[], graph: QdqGraph, old: Old, opset: number): Uint8Array {
  const outputs = (nodes.at(-1)?.outputs ?? []).map((name) => ({ name, dtype: 'float32', shape: undefined }) as const);
  const model: Model = {
    name: '',
    irVersion: 7,
    opsets: { '': opset },
    producer: '',
    graph: {
      name: 'g',
      nodes,
      inputs: [{ name: 'x' as ValueName, dtype: 'float32', shape: old.x }],
      // TopK has indices behind its values
      outputs: old.op === 'TopK' ? outputs.slice(0, 1) : outputs,
      initializers: graph.initializers,
      values: new Map(),
    },
    provenance: [],
  };
  return writeModel(model);
}

describe.each(forms.map((f) => [`${f.op} of opset ${f.opset} (${Object.keys(f.attrs ?? {}).join(', ') || 'no attributes'})`, f] as const))(
  '%s',
  (_, old) => {
    test('computes the same in the form of opset 13', async () => {
      const rng = createRng(3);
      const outputs = Array.from({ length: old.outputs ?? 1 }, (_, i) => `y${i}` as ValueName);
      const graph = new QdqGraph(['x', ...outputs]);
      const constants = (old.constants ?? []).map((t, i) => graph.constant(`c${i}`, t));
      const node: Node = {
        id: 'node' as NodeId,
        op: old.op,
        domain: '',
        inputs: ['x' as ValueName, ...constants],
        outputs,
        attrs: old.attrs ?? {},
        sources: [],
      };
      const before = modelOf([node], graph, old, old.opset);
      emitUpgraded(node, { graph, opset: old.opset, shapes: [old.x, ...(old.constants ?? []).map((t) => t.shape)] });
      const after = modelOf(graph.nodes, graph, old, OLDEST);
      const asked = old.op === 'TopK' ? ['y0'] : outputs;
      const feed = {
        name: 'x',
        dtype: 'float32',
        shape: old.x,
        data: Float32Array.from({ length: sizeOf(old.x) }, () => rng.normal()),
      } as const;
      const results = [];
      for (const bytes of [before, after]) {
        const session = await nodeRunner().load(bytes, { provider: 'wasm', exact: true });
        results.push(await session.run([feed], asked));
        await session.close();
      }
      const [a = [], b = []] = results;
      expect(b.map((t) => t.shape)).toEqual(a.map((t) => t.shape));
      a.forEach((t, i) => expect(firstDifference(t.data as Float32Array, b[i]?.data as Float32Array)).toBeUndefined());
    });
  },
);

describe('forms before operator set 7, which no runtime has', () => {
  const old = (op: string, opset: number, attrs: Record<string, AttrValue>, inputs = 2): QdqGraph => {
    const graph = new QdqGraph(['x', 'w', 'y']);
    const node: Node = {
      id: 'n' as NodeId,
      op,
      domain: '',
      inputs: ['x' as ValueName, 'w' as ValueName].slice(0, inputs),
      outputs: ['y' as ValueName],
      attrs,
      sources: [],
    };
    emitUpgraded(node, { graph, opset, shapes: [[1, 4, 5, 5], [4]] });
    return graph;
  };
  const constants = (g: QdqGraph): number[][] =>
    [...g.initializers.values()].map((t) => (t.source.kind === 'decoded' ? [...(t.source.tensor.data as BigInt64Array)].map(Number) : []));

  test('an operand that began at an axis is given its trailing ones', () => {
    const g = old('Add', 6, { broadcast: int(1), axis: int(1) });
    expect(g.nodes.map((n) => n.op)).toEqual(['Reshape', 'Add']);
    expect(constants(g)).toEqual([[4, 1, 1]]);
    expect(g.nodes[1]?.attrs).toEqual({});
    expect(constants(old('PRelu', 6, {}))).toEqual([[4, 1, 1]]);
    expect(old('Mul', 6, { broadcast: int(1) }).nodes.map((n) => n.op)).toEqual(['Mul']);
  });

  test('what they keep in attributes becomes inputs', () => {
    expect(constants(old('Reshape', 1, { shape: ints(4, -1) }, 1))).toEqual([[4, -1]]);
    expect(old('Concat', 1, {}).nodes[0]?.attrs).toEqual({ axis: int(1) });
    expect(old('Relu', 1, { consumed_inputs: ints(0) }, 1).nodes[0]?.attrs).toEqual({});
    expect(constants(old('Pad', 1, { paddings: ints(0, 0, 1, 1, 0, 0, 1, 1) }, 1))).toEqual([[0, 0, 1, 1, 0, 0, 1, 1]]);
  });

  test('what has no equal is refused by name', () => {
    expect(() => old('BatchNormalization', 7, { spatial: int(0) })).toThrow('BatchNormalization');
    expect(() => old('Cast', 1, { to: string('FLOAT') }, 1)).toThrow('newer operator set');
  });
});
