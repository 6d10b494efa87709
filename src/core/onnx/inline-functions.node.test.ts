import { expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { createRng } from '../base/rng';
import { StudioError } from '../base/errors';
import { encode, floatInfo, onnx, type OnnxTypes } from './oracle.fixture';
import { INLINED, readModel } from './read';
import { writeModel } from './write';

const opsetImport = [
  { domain: '', version: 13 },
  { domain: 'own', version: 1 },
];

const node = (opType: string, input: string[], output: string[], rest: OnnxTypes.INodeProto = {}): OnnxTypes.INodeProto => ({
  opType,
  input,
  output,
  ...rest,
});
const reference = (name: string, refAttrName: string, type: number): OnnxTypes.IAttributeProto => ({ name, refAttrName, type });

/** y = LeakyRelu(x; slope), n = -x */
const leaky: OnnxTypes.IFunctionProto = {
  name: 'Leaky',
  domain: 'own',
  input: ['x'],
  output: ['y', 'n'],
  attribute: ['slope'],
  opsetImport,
  node: [node('LeakyRelu', ['x'], ['y'], { attribute: [reference('alpha', 'slope', 1)] }), node('Neg', ['x'], ['n'])],
};

/** Calls Leaky twice, keeps its inner names apart, and has an optional second input. */
const block: OnnxTypes.IFunctionProto = {
  name: 'Block',
  domain: 'own',
  input: ['x', 'w'],
  output: ['y'],
  opsetImport,
  node: [
    node('Leaky', ['x'], ['t', 'unused'], { domain: 'own', name: 'call', attribute: [{ name: 'slope', type: 1, f: 0.5 }] }),
    node('Leaky', ['t'], ['also unused', 'u'], { domain: 'own', name: 'again', attribute: [{ name: 'slope', type: 1, f: 0.25 }] }),
    node('Clip', ['u', 'w'], ['y']),
  ],
};

const graph: OnnxTypes.IGraphProto = {
  name: 'g',
  node: [
    node('Block', ['x', 'w'], ['a'], { domain: 'own', name: 'one' }),
    node('Block', ['a'], ['b'], { domain: 'own', name: 'two' }),
    node('Add', ['a', 'b'], ['y'], { name: 'add' }),
  ],
  input: [floatInfo('x', [2, 8])],
  output: [floatInfo('y', [2, 8])],
  initializer: [{ name: 'w', dims: [], dataType: 1, floatData: [-0.75] }],
};

const model = (functions: OnnxTypes.IFunctionProto[], g = graph): Uint8Array => encode(g, { opsetImport, functions });

test('inlined calls compute what ONNX Runtime computes with the functions', async () => {
  const bytes = model([leaky, block]);
  const ours = readModel(bytes, 'm.onnx');
  expect(ours.provenance).toEqual([INLINED]);
  expect(ours.graph.nodes.map((n) => n.op)).toEqual([
    ...['LeakyRelu', 'Neg', 'LeakyRelu', 'Neg', 'Clip'],
    ...['LeakyRelu', 'Neg', 'LeakyRelu', 'Neg', 'Clip'],
    'Add',
  ]);
  expect(new Set(ours.graph.nodes.map((n) => n.id)).size).toBe(11);
  expect(ours.graph.nodes.map((n) => n.sources[0])).toEqual([
    ...new Array<string>(5).fill('one'),
    ...new Array<string>(5).fill('two'),
    'add',
  ]);
  const rng = createRng(9);
  const feed = { name: 'x', dtype: 'float32', shape: [2, 8], data: Float32Array.from({ length: 16 }, () => rng.normal()) } as const;
  const results = [];
  for (const b of [bytes, writeModel(ours)]) {
    const session = await nodeRunner().load(b, { provider: 'wasm', exact: true });
    results.push(await session.run([feed], ['y']));
    await session.close();
  }
  expect(results[1]).toEqual(results[0]);
});

test('functions that are not called change nothing', () => {
  const plain = { ...graph, node: [node('Clip', ['x', 'w'], ['y'])] };
  expect(readModel(model([leaky]), 'm.onnx').provenance).toEqual([]);
  expect(readModel(model([leaky], plain), 'm.onnx').graph.nodes.map((n) => n.op)).toEqual(['Clip']);
});

test('circles and other operator sets are told', () => {
  const circle = { ...leaky, node: [node('Leaky', ['x'], ['y', 'n'], { domain: 'own' })] };
  const call = { ...graph, node: [node('Leaky', ['x'], ['y'], { domain: 'own', name: 'caller' })] };
  const failure = (functions: OnnxTypes.IFunctionProto[]): StudioError => {
    try {
      readModel(model(functions, call), 'm.onnx');
    } catch (e) {
      if (e instanceof StudioError) return e;
    }
    throw new Error('expected a failure');
  };
  expect(failure([circle]).code).toBe('bad-graph');
  const other = failure([{ ...leaky, opsetImport: [{ domain: '', version: 17 }] }]);
  expect([other.code, other.fields.where?.node]).toEqual(['unsupported-operator', 'caller']);
});

test('attributes of a branch inside a function are filled in, its names renamed', () => {
  const branch = (op: string): OnnxTypes.IGraphProto => ({
    name: op,
    node: [node(op, ['x'], ['r'], op === 'LeakyRelu' ? { attribute: [reference('alpha', 'slope', 1)] } : {})],
    output: [{ name: 'r' }],
  });
  const choose: OnnxTypes.IFunctionProto = {
    name: 'Leaky',
    domain: 'own',
    input: ['x', 'c'],
    output: ['y'],
    attribute: ['slope'],
    opsetImport,
    node: [
      node('If', ['c'], ['y'], {
        attribute: [
          { name: 'then_branch', type: 5, g: branch('LeakyRelu') },
          { name: 'else_branch', type: 5, g: branch('Neg') },
        ],
      }),
    ],
  };
  const call = {
    ...graph,
    node: [node('Leaky', ['x', 'c'], ['y'], { domain: 'own', name: 'f', attribute: [{ name: 'slope', type: 1, f: 0.5 }] })],
    initializer: [{ name: 'c', dims: [], dataType: onnx.TensorProto.DataType.BOOL, int32Data: [1] }],
  };
  const [made] = readModel(model([choose], call), 'm.onnx').graph.nodes;
  const then = made?.attrs['then_branch'];
  const inner = then?.type === 'graph' ? then.value.nodes[0] : undefined;
  expect([made?.inputs, inner?.inputs, inner?.outputs, inner?.attrs]).toEqual([
    ['c'],
    ['x'],
    ['f/r'],
    { alpha: { type: 'float', value: 0.5 } },
  ]);
});
