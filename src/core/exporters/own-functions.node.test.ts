/** The studio's own forms, written in ONNX operators, mean in ONNX Runtime what their float rules mean. */
import { expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { createRng } from '../base/rng';
import type { Model, Node, NodeId, ValueName } from '../ir/model';
import { evaluated, random, relativeError } from '../passes/sketch.fixture';
import { writeModel } from '../onnx/write';
import { emitOwn } from './own-operators';
import { QdqGraph } from './qdq-graph';
import { runBytes } from './qdq.fixture';

const [x, z, y] = ['x', 'z', 'y'] as ValueName[] as [ValueName, ValueName, ValueName];
const node = (op: string, attrs: Node['attrs'] = {}, inputs: Node['inputs'] = [x]): Node => ({
  ...{ id: 'n' as NodeId, op, domain: 't2c', inputs, outputs: [y], attrs, sources: ['n'] },
});

test.each([
  node('Gelu'),
  node('Gelu', { approximate: { type: 'string', value: 'tanh' } }),
  node('Silu'),
  node('Swish', { alpha: { type: 'float', value: 1.702 } }),
  node('HardSwish'),
  node('Mish'),
  node('MatMul', { alpha: { type: 'float', value: 0.125 } }, [x, z]),
  node('MatMul', {}, [x, z]),
])('$op $attrs', async (n) => {
  const rng = createRng(5);
  const tensors = new Map([
    [x, random(rng, [2, 64, 32], 3)],
    [z, random(rng, [2, 32, 5])],
  ]);
  const expected = evaluated(n, { '': 13, t2c: 1 }, (name) => tensors.get(name))[0];
  if (!expected) throw new Error('no result');
  const graph = new QdqGraph([x, y, z]);
  expect(emitOwn(graph, n, 3, 13)).toBe(true);
  const named = [...tensors].filter(([name]) => n.inputs.includes(name)).map(([name, t]) => ({ name, ...t }));
  const model: Model = {
    ...{ name: '', irVersion: 7, opsets: { '': 13 }, producer: '', provenance: [] },
    graph: {
      name: 'g',
      nodes: graph.nodes,
      inputs: named.map(({ name, shape }) => ({ name, dtype: 'float32', shape })),
      outputs: [{ name: y, dtype: 'float32', shape: expected.shape }],
      initializers: graph.initializers,
      values: new Map(),
    },
  };
  const [got] = await runBytes(nodeRunner(), writeModel(model), named, [y]);
  if (!got) throw new Error('no output');
  expect(relativeError(expected, { dtype: 'float32', shape: expected.shape, data: got.data })).toBeLessThan(1e-6);
});
