import onnxProto from 'onnx-proto';
import { expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import type { Model } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { readModel } from '../onnx/read';
import { writeModel } from '../onnx/write';
import { canonicalise } from './canonical';
import { runtimeModel } from './runtime-model';
import { ints, modelOf, random } from './sketch.fixture';

const rng = createRng(12);

async function run(model: Uint8Array, x: Tensor, output: string): Promise<Float32Array> {
  const session = await nodeRunner().load(model, { provider: 'wasm' });
  const [y] = await session.run([{ name: 'x', dtype: x.dtype, shape: x.shape, data: x.data as Float32Array }], [output]);
  await session.close();
  return y?.data as Float32Array;
}

const canonicalOf = (model: Model) => canonicalise(model, {}, quietContext());

test('a static batch is run sample by sample, with the results of the whole batch', async () => {
  const sketch = modelOf({
    inputs: { x: [4, 3, 5, 5] },
    outputs: 'y',
    constants: { w: random(rng, [2, 3, 3, 3]), shape: ints(0, -1), fc: random(rng, [18, 6]) },
    nodes: [
      { op: 'Conv', in: 'x w', out: 'c' },
      { op: 'Reshape', in: 'c shape', out: 'r' },
      { op: 'MatMul', in: 'r fc', out: 'y' },
    ],
  });
  const file = writeModel({ ...sketch, graph: { ...sketch.graph, outputs: [{ ...sketch.graph.outputs[0]!, shape: [4, 6] }] } });
  const model = readModel(file, 'batch.onnx');
  const single = await runtimeModel(model, await canonicalOf(model), quietContext());
  if (!single) throw new Error('the batch was not cut');
  const batch = random(rng, [4, 3, 5, 5]);
  const whole = await run(file, batch, 'y');
  for (let i = 0; i < 4; i++) {
    const data = batch.data.slice(i * 75, (i + 1) * 75);
    const one = await run(writeModel(single), { dtype: 'float32', shape: [1, 3, 5, 5], data }, 'y');
    one.forEach((v, j) => expect(v).toBeCloseTo(whole[i * 6 + j] as number, 5));
  }
});

test('values inside of functions can be asked for; a plain file runs as it is', async () => {
  const { onnx } = onnxProto;
  const info = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }, { dimValue: 3 }] } } } });
  const opsetImport = [
    { domain: '', version: 17 },
    { domain: 'my', version: 1 },
  ];
  const file = onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport,
    functions: [
      {
        name: 'Twice',
        domain: 'my',
        input: ['a'],
        output: ['b'],
        opsetImport,
        node: [
          { opType: 'Add', input: ['a', 'a'], output: ['s'] },
          { opType: 'Tanh', input: ['s'], output: ['b'] },
        ],
      },
    ],
    graph: {
      name: 'g',
      node: [{ name: 'call', opType: 'Twice', domain: 'my', input: ['x'], output: ['y'] }],
      input: [info('x')],
      output: [info('y')],
    },
  }).finish();
  const model = readModel(file, 'functions.onnx');
  const c = await canonicalOf(model);
  const runnable = await runtimeModel(model, c, quietContext());
  const inner = c.model.graph.nodes[0]?.outputs[0];
  if (!runnable || inner === undefined) throw new Error('nothing was inlined');
  const x: Tensor = { dtype: 'float32', shape: [1, 3], data: Float32Array.of(1, -2, 3) };
  const bytes = withExtraOutputs(writeModel(runnable), [{ name: inner, dtype: 'float32', shape: [1, 3] }]);
  expect(await run(bytes, x, inner)).toEqual(Float32Array.of(2, -4, 6));

  const plain = modelOf({ inputs: { x: ['batch', 3] }, outputs: 'y', nodes: [{ op: 'Relu', in: 'x', out: 'y' }] });
  expect(await runtimeModel(plain, await canonicalOf(plain), quietContext())).toBeUndefined();
});
