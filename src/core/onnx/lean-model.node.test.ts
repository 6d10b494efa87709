import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { withExtraOutputs } from './extra-outputs';
import { leanModel } from './lean-model';
import { holding, onnx } from './oracle.fixture';
import { readModel } from './read';
import { decodeTensor } from './tensor-data';

const bytes = new Uint8Array(readFileSync(join(import.meta.dirname, '../../../public/samples/vggbn_fashion.onnx')));

test('the same model is read, by us and by onnx-proto, from a hundredth of the bytes', () => {
  const lean = leanModel(bytes, 'w');
  if (!lean) throw new Error('nothing was large');
  expect(lean.length).toBeLessThan(bytes.length / 50);
  const [whole, read] = [readModel(bytes, 'm'), readModel(lean, 'm', new Map([['w', bytes]]))];
  expect(read.graph.nodes).toEqual(whole.graph.nodes);
  expect([...read.graph.initializers.keys()]).toEqual([...whole.graph.initializers.keys()]);
  for (const [name, ref] of whole.graph.initializers) {
    expect(decodeTensor(read.graph.initializers.get(name)!), name).toEqual(decodeTensor(ref));
  }
  const [a, b] = [onnx.ModelProto.decode(bytes), onnx.ModelProto.decode(lean)];
  for (const model of [a, b]) model.graph!.initializer = [];
  expect(b.toJSON()).toEqual(a.toJSON());
});

test('ONNX Runtime computes the same with it, inner values asked for', async () => {
  const lean = leanModel(bytes, 'w') as Uint8Array;
  const value = readModel(bytes, 'm').graph.nodes[4]?.outputs[0];
  if (value === undefined) throw new Error('no inner value');
  const extra = [{ name: value, dtype: 'float32' as const, shape: undefined }];
  const feed = {
    name: 'input',
    dtype: 'float32' as const,
    shape: [1, 1, 28, 28],
    data: Float32Array.from({ length: 784 }, (_, i) => Math.sin(i)),
  };
  const results = [];
  for (const [model, external] of [[bytes], [lean, [{ path: 'w', data: bytes }]]] as const) {
    const session = await nodeRunner().load(withExtraOutputs(model, extra), { provider: 'wasm', ...(external ? { external } : {}) });
    const [y] = await session.run([feed], [value]);
    results.push([...(y?.data as Float32Array)]);
    await session.close();
  }
  expect(results[0]?.length).toBeGreaterThan(100);
  expect(results[1]).toEqual(results[0]);
});

test('a model of small tensors stays as it is', () => {
  expect(leanModel(holding([{ name: 'w', dims: [2], dataType: 1, rawData: new Uint8Array(8) }]), 'w')).toBeUndefined();
});
