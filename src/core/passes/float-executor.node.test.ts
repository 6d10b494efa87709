/** The float executor against ONNX Runtime on the samples; constants are computed once; what cannot be run is said. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import type { NodeId, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { readModel } from '../onnx/read';
import { floatExecutor } from './float-executor';

const ctx = quietContext();
const sample = (name: string) => new Uint8Array(readFileSync(join(import.meta.dirname, '../../../public/samples', name)));

test.each(['resnet14_fashion.onnx', 'vggbn_fashion.onnx'])('%s gives what ONNX Runtime gives, within float32 rounding', async (name) => {
  const bytes = sample(name);
  const model = readModel(bytes, name);
  const executor = await floatExecutor(model, ctx);
  const session = await nodeRunner().load(bytes, { provider: 'wasm' });
  const input = model.graph.inputs[0]?.name as ValueName;
  const output = model.graph.outputs[0]?.name as ValueName;
  const rng = createRng(7);
  for (let i = 0; i < 3; i++) {
    const x: Tensor<'float32'> = { dtype: 'float32', shape: [1, 1, 28, 28], data: Float32Array.from({ length: 784 }, () => rng.normal()) };
    const [own] = (await executor?.run(new Map([[input, x]]), ctx)) ?? [];
    const [want] = await session.run([{ name: input, ...x }], [output]);
    const largest = Math.max(...Array.from(want?.data as Float32Array, Math.abs));
    (want?.data as Float32Array).forEach((v, k) => expect(Math.abs(v - (own?.data as Float32Array)[k]!)).toBeLessThan(1e-5 * largest));
  }
  await session.close();
});

test('a model with an operator that has no float rule is refused, a missing input named', async () => {
  const model = readModel(sample('resnet14_fashion.onnx'), 'resnet14_fashion.onnx');
  const odd = { ...(model.graph.nodes[0] as (typeof model.graph.nodes)[number]), id: 'odd' as NodeId, op: 'NoSuchOperator' };
  expect(await floatExecutor({ ...model, graph: { ...model.graph, nodes: [...model.graph.nodes, odd] } }, ctx)).toBeUndefined();
  const executor = await floatExecutor(model, ctx);
  await expect(executor?.run(new Map(), ctx)).rejects.toMatchObject({ fields: { code: 'bad-data', where: { value: 'input' } } });
});
