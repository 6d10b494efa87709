/** ONNX Runtime behind the port, on small models made by onnx-proto; the expected numbers are worked out by hand. */
import onnxProto from 'onnx-proto';
import { describe, expect, test } from 'vitest';
import { StudioError } from '../../core/index';
import type { NamedTensor } from '../../engine/ports';
import { nodeRunner } from './node';

const { onnx } = onnxProto;
const types = { float32: 1, int64: 7, bool: 9, float16: 10 } as const;

interface Port {
  readonly name: string;
  readonly type: keyof typeof types;
}

function model(
  nodes: readonly { op: string; inputs: string[]; outputs: string[]; to?: keyof typeof types }[],
  inputs: readonly Port[],
  outputs: readonly Port[],
): Uint8Array {
  const info = ({ name, type }: Port) => ({
    name,
    type: { tensorType: { elemType: types[type], shape: { dim: [{ dimValue: 1 }, { dimValue: 4 }] } } },
  });
  const graph = {
    name: 'g',
    node: nodes.map(({ op, inputs: input, outputs: output, to }) => ({
      opType: op,
      input,
      output,
      attribute: to === undefined ? [] : [{ name: 'to', type: 2, i: types[to] }],
    })),
    input: inputs.map(info),
    output: outputs.map(info),
  };
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject({ irVersion: 7, opsetImport: [{ domain: '', version: 13 }], graph })).finish();
}

const relu = model([{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], [{ name: 'x', type: 'float32' }], [{ name: 'y', type: 'float32' }]);
const x: NamedTensor = { name: 'x', dtype: 'float32', shape: [1, 4], data: new Float32Array([-1, 0.5, -0.25, 3]) };
const runner = nodeRunner();

describe('ONNX Runtime in Node', () => {
  test('gives wasm as the only provider and runs a model on one thread', async () => {
    expect(await runner.providers()).toEqual(['wasm']);
    const session = await runner.load(relu, { provider: 'wasm', exact: true });
    expect(session.threads).toBe(1);
    expect(await session.run([x], ['y'])).toEqual([{ name: 'y', dtype: 'float32', shape: [1, 4], data: new Float32Array([0, 0.5, 0, 3]) }]);
    await session.close();
  });

  test('an output named __proto__ is given as any other', async () => {
    const port = { name: '__proto__', type: 'float32' } as const;
    const nodes = [{ op: 'Relu', inputs: ['constructor'], outputs: ['__proto__'] }];
    const named = model(nodes, [{ name: 'constructor', type: 'float32' }], [port]);
    const before = named.slice();
    const session = await runner.load(named, { provider: 'wasm', exact: true });
    const [y] = await session.run([{ ...x, name: 'constructor' }], ['__proto__']);
    expect(y).toEqual({ ...x, name: '__proto__', data: new Float32Array([0, 0.5, 0, 3]) });
    await session.close();
    expect(named).toEqual(before);
  });

  test('overlapping loads and runs are queued, and results are not overwritten by later runs', async () => {
    const [a, b] = await Promise.all([runner.load(relu, { provider: 'wasm' }), runner.load(relu, { provider: 'wasm' })]);
    const feeds = Array.from({ length: 6 }, (_, i): NamedTensor => ({ ...x, data: new Float32Array([i, i, i, i]) }));
    const results = await Promise.all(feeds.map((f, i) => (i % 2 ? a : b).run([f], ['y'])));
    expect(results.map((r) => r[0]?.data[0])).toEqual([0, 1, 2, 3, 4, 5]);
    await Promise.all([a.close(), b.close()]);
  });

  test('int64 and bool pass as they are; float16 is float32 on our side, in and out', async () => {
    const casts = model(
      [
        { op: 'Cast', inputs: ['n'], outputs: ['b'], to: 'bool' },
        { op: 'Identity', inputs: ['n'], outputs: ['m'] },
        { op: 'Identity', inputs: ['h'], outputs: ['k'] },
      ],
      [
        { name: 'n', type: 'int64' },
        { name: 'h', type: 'float16' },
      ],
      [
        { name: 'b', type: 'bool' },
        { name: 'm', type: 'int64' },
        { name: 'k', type: 'float16' },
      ],
    );
    const session = await runner.load(casts, { provider: 'wasm' });
    const n: NamedTensor = { name: 'n', dtype: 'int64', shape: [1, 4], data: new BigInt64Array([0n, 1n, -5n, 2n ** 40n]) };
    const h: NamedTensor = { name: 'h', dtype: 'float32', shape: [1, 4], data: new Float32Array([0.1, 1, -2, 65504]) };
    const [b, m, k] = await session.run([n, h], ['b', 'm', 'k']);
    expect(b).toEqual({ name: 'b', dtype: 'bool', shape: [1, 4], data: new Uint8Array([0, 1, 1, 1]) });
    expect(m).toEqual({ ...n, name: 'm' });
    expect(k).toEqual({ name: 'k', dtype: 'float16', shape: [1, 4], data: new Float32Array([0.0999755859375, 1, -2, 65504]) });
    await session.close();
  });

  test('what the runtime refuses is a StudioError, and the queue goes on', async () => {
    await expect(runner.load(new Uint8Array([1, 2, 3]), { provider: 'wasm' })).rejects.toMatchObject({ code: 'runtime' });
    const session = await runner.load(relu, { provider: 'wasm' });
    const wrong = session.run([{ ...x, shape: [1, 3], data: new Float32Array(3) }], ['y']);
    await expect(wrong).rejects.toBeInstanceOf(StudioError);
    expect((await session.run([x], ['y']))[0]?.data[3]).toBe(3);
    await session.close();
  });
});
