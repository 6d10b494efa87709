import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { createRng } from '../base/rng';
import { StudioError } from '../base/errors';
import type { Model, Node, ValueInfo, ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { withExtraOutputs } from './extra-outputs';
import { encode, floatInfo, onnx, type OnnxTypes } from './oracle.fixture';
import { readModel } from './read';
import { writeModel } from './write';

const root = join(import.meta.dirname, '../../..');
const files = ['public/samples/resnet14_fashion.onnx', 'public/samples/vggbn_fashion.onnx', 'fixtures/bad/good.onnx'];
const bytesOfFile = (path: string): Uint8Array => new Uint8Array(readFileSync(join(root, path)));
const named = (name: string): ValueInfo => ({ name: name as ValueName, dtype: 'float32', shape: undefined });

/** A model in which every kind of attribute occurs. */
const everything = encode(
  {
    name: 'g',
    node: [
      {
        opType: 'Foo',
        domain: 'com.example',
        name: 'foo',
        input: ['x', '', 'x'],
        output: ['a', 'b'],
        attribute: [
          { name: 'int', type: 2, i: -5 },
          { name: 'most', type: 2, i: { low: -1, high: 2 ** 31 - 1, unsigned: false } as never },
          { name: 'float', type: 1, f: 0.1 },
          { name: 'string', type: 3, s: new TextEncoder().encode('grün') },
          { name: 'ints', type: 7, ints: [1, -2, 300] },
          { name: 'floats', type: 6, floats: [1.5, -0.1] },
          { name: 'strings', type: 8, strings: [new TextEncoder().encode('a'), new TextEncoder().encode('b')] },
          { name: 'tensor', type: 4, t: { dims: [2], dataType: 6, int32Data: [1, -1] } },
          { name: 'graph', type: 5, g: { name: 's', node: [{ opType: 'Relu', input: ['x'], output: ['i'] }], output: [{ name: 'i' }] } },
        ],
      },
      { opType: 'Add', name: 'add', input: ['a', 'b'], output: ['y'] },
    ],
    input: [floatInfo('x', ['batch', 3])],
    output: [floatInfo('y', [])],
    valueInfo: [floatInfo('a', [1, 'n'])],
  },
  {
    opsetImport: [
      { domain: '', version: 17 },
      { domain: 'com.example', version: 1 },
    ],
  },
);

/** Comparable: refs replaced by what they hold. */
function plain(m: Model): unknown {
  return JSON.parse(
    JSON.stringify(m, (_, v: unknown) => {
      if (v instanceof Map) return [...(v as Map<string, unknown>)];
      if (v instanceof Uint8Array) return [...v];
      return v;
    }),
  );
}

describe('writing', () => {
  test.each(files)('%s survives writing and reading', (file) => {
    const model = readModel(bytesOfFile(file), 'm.onnx');
    expect(plain(readModel(writeModel(model), 'm.onnx'))).toEqual(plain(model));
  });

  test('every kind of attribute survives, and onnx-proto reads the same', () => {
    const model = readModel(everything, 'm.onnx');
    const bytes = writeModel(model);
    const again = readModel(bytes, 'm.onnx');
    expect({ ...(plain(again) as object), graph: 0 }).toEqual({ ...(plain(model) as object), graph: 0 });
    const attributes = (b: Uint8Array): OnnxTypes.IAttributeProto[] => onnx.ModelProto.decode(b).graph?.node?.[0]?.attribute ?? [];
    const untouched = (a: OnnxTypes.IAttributeProto): boolean => a.name !== 'tensor' && a.name !== 'graph';
    expect(JSON.stringify(attributes(bytes).filter(untouched))).toBe(JSON.stringify(attributes(everything).filter(untouched)));
    const subgraph = attributes(bytes).find((a) => a.name === 'graph')?.g;
    expect(subgraph?.output?.[0]).toEqual(onnx.ValueInfoProto.create({ name: 'i' }));
    expect(again.graph.nodes[0]?.attrs['most']).toEqual({ type: 'int', value: 2 ** 63 });
  });

  test('scopes of a layer survive, in the form in which torch.onnx writes them', () => {
    const model = readModel(bytesOfFile(files[2] as string), 'm.onnx');
    const scopes = ['layer1', 'layer1.0', "it's", 'conv'];
    const [first, ...others] = model.graph.nodes as [Node, ...Node[]];
    const scoped = writeModel({ ...model, graph: { ...model.graph, nodes: [{ ...first, scopes }, ...others] } });
    expect(readModel(scoped, 'm.onnx').graph.nodes.map((n) => n.scopes)).toEqual([scopes, undefined]);
  });

  test('fused forms are refused by name', () => {
    const model = readModel(bytesOfFile(files[0] as string), 'm.onnx');
    const [first, ...others] = model.graph.nodes as [Node, ...Node[]];
    const fused = { ...model, graph: { ...model.graph, nodes: [{ ...first, clamp: { lo: 0, hi: Infinity, op: 'Relu' } }, ...others] } };
    expect(() => writeModel(fused)).toThrow(StudioError);
  });

  test('ONNX Runtime computes the same from what is written, and gives the extra outputs', async () => {
    const bytes = bytesOfFile(files[0] as string);
    const model = readModel(bytes, 'm.onnx');
    const inner = model.graph.nodes.map((n) => n.outputs[0] as ValueName);
    const shape = [2, ...(model.graph.inputs[0]?.shape ?? []).slice(1)] as number[];
    const rng = createRng(1);
    const data = Float32Array.from({ length: sizeOf(shape) }, () => rng.normal());
    const feed = [{ name: model.graph.inputs[0]?.name as string, dtype: 'float32' as const, shape, data }];
    const runner = nodeRunner();
    const results: unknown[] = [];
    for (const b of [withExtraOutputs(bytes, inner.map(named)), withExtraOutputs(writeModel(model), inner.map(named))]) {
      const session = await runner.load(b, { provider: 'wasm', exact: true });
      results.push(await session.run(feed, inner));
      await session.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect((results[0] as { data: Float32Array }[]).every((r) => r.data.length > 0)).toBe(true);
  });
});

describe('extra outputs', () => {
  const relu = (input: string, output: string): OnnxTypes.INodeProto => ({ opType: 'Relu', input: [input], output: [output] });
  const half = (name: string): OnnxTypes.IValueInfoProto => ({
    name,
    type: { tensorType: { elemType: 10, shape: { dim: [{ dimValue: 3 }] } } },
  });

  test('are read back as outputs, those that are there stay single', () => {
    const bytes = bytesOfFile(files[2] as string);
    const m = readModel(withExtraOutputs(bytes, [named('c'), named('y'), named('c')]), 'm.onnx');
    expect(m.graph.outputs.map((o) => o.name)).toEqual(['y', 'c']);
    expect(m.graph.nodes.length).toBe(2);
  });

  test('of a float16 model load although ours are called float32, also inputs of other types', async () => {
    const bytes = encode({
      name: 'g',
      node: [relu('x', 'a'), { opType: 'Cast', input: ['a'], output: ['n'], attribute: [{ name: 'to', type: 2, i: 7 }] }, relu('a', 'y')],
      input: [half('x')],
      output: [half('y')],
    });
    const session = await nodeRunner().load(withExtraOutputs(bytes, [named('a'), named('n')]), { provider: 'wasm' });
    const results = await session.run([{ name: 'x', dtype: 'float32', shape: [3], data: new Float32Array([-1, 2.5, 3]) }], ['a', 'n', 'y']);
    expect(results.map((r) => [r.dtype, [...r.data].map(Number)])).toEqual([
      ['float16', [0, 2.5, 3]],
      ['int64', [0, 2, 3]],
      ['float16', [0, 2.5, 3]],
    ]);
    await session.close();
  });
});
