import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../base/bytes';
import { StudioError } from '../base/errors';
import { floatsToHalves } from '../base/half';
import type { TensorRef } from '../ir/tensor';
import { firstNotFinite } from './check-finite';
import { canonical, floats, random, type ModelSketch, type SketchNode } from './sketch.fixture';
import { createRng } from '../base/rng';

const rng = createRng(2);

async function code(s: ModelSketch): Promise<string | undefined> {
  return canonical(s).then(
    () => undefined,
    (e: unknown) => (e instanceof StudioError ? `${e.code} ${e.message}` : String(e)),
  );
}

const mask = floats([1, 4], [0, -Infinity, 0, -Infinity]);
const sketch = (constants: ModelSketch['constants'], ...nodes: readonly SketchNode[]): ModelSketch => ({
  inputs: { x: [1, 4] },
  outputs: 'y',
  ...(constants ? { constants } : {}),
  nodes,
});

describe('weights are finite', () => {
  const bad = (value: number) => floats([4, 2], [0, 1, 2, 3, 4, value, 6, 7]);

  test('NaN and infinity in a weight name the tensor and the index', async () => {
    const node: SketchNode = { op: 'MatMul', in: 'x layer.weight', out: 'y' };
    for (const value of [NaN, Infinity, -Infinity]) {
      const message = await code(sketch({ 'layer.weight': bad(value) }, node));
      expect(message).toMatch(/^not-finite /);
      expect(message).toContain(`${value} at index 5 of [4, 2]`);
      expect(message).toContain('tensor layer.weight');
    }
  });

  test('also in a Constant node, behind a Transpose, in a bias', async () => {
    const constant: SketchNode = { op: 'Constant', in: '', out: 'k', attrs: { value: { tensor: bad(NaN) } } };
    expect(await code(sketch({}, constant, { op: 'MatMul', in: 'x k', out: 'y' }))).toContain('tensor k');
    const turned = floats([2, 4], [1, Infinity, 1, 1, 1, 1, 1, 1]);
    const turn: SketchNode = { op: 'Transpose', in: 'w', out: 't', attrs: { perm: [1, 0] } };
    expect(await code(sketch({ w: turned }, turn, { op: 'MatMul', in: 'x t', out: 'y' }))).toContain('tensor w');
    const gemm: SketchNode = { op: 'Gemm', in: 'x w b', out: 'y' };
    expect(await code(sketch({ w: random(rng, [4, 2]), b: floats([2], [1, -Infinity]) }, gemm))).toContain('tensor b');
  });

  test('a mask of -Infinity is no weight; NaN in it is still an error; what nobody reads is not looked at', async () => {
    const add: SketchNode = { op: 'Add', in: 'x m', out: 's' };
    const softmax: SketchNode = { op: 'Softmax', in: 's', out: 'y', attrs: { axis: -1 } };
    expect(await code(sketch({ m: mask }, add, softmax))).toBeUndefined();
    expect(await code(sketch({ m: floats([1, 4], [0, -Infinity, NaN, 0]) }, add, softmax))).toContain('NaN at index 2');
    expect(await code(sketch({ m: floats([1], [NaN]) }, { op: 'Relu', in: 'x', out: 'y' }))).toBeUndefined();
    const open: SketchNode = { op: 'Clip', in: 'x _ top', out: 'y' };
    expect(await code(sketch({ top: floats([], [Infinity]) }, open))).toBeUndefined();
  });
});

test('the look at raw bytes finds exactly what decoding finds, for every float type', () => {
  const value = fc.oneof(
    { weight: 9, arbitrary: fc.float({ noNaN: false }) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -0, 3.4e38, 65504, 1e-45) },
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 30 }), fc.integer({ min: 0, max: 3 }), (values, offset) => {
      const singles = Float32Array.from(values);
      const words = new Uint32Array(singles.buffer);
      const forms: [TensorRef['dtype'], Uint8Array, (i: number) => boolean][] = [
        ['float32', bytesOf(singles), (i) => Number.isFinite(singles[i])],
        ['float64', bytesOf(Float64Array.from(singles)), (i) => Number.isFinite(singles[i])],
        ['bfloat16', bytesOf(Uint16Array.from(words, (w) => w >>> 16)), (i) => ((words[i] as number) & 0x7f800000) !== 0x7f800000],
        ['float16', bytesOf(floatsToHalves(singles)), (i) => Math.abs(singles[i] as number) < 65520],
      ];
      for (const [dtype, data, finite] of forms) {
        // bytes of a file lie at any offset
        const bytes = new Uint8Array(data.length + offset).subarray(offset);
        bytes.set(data);
        const found = firstNotFinite({ name: 't', dtype, shape: [values.length], source: { kind: 'raw', bytes } });
        const expected = values.findIndex((_, i) => !finite(i));
        expect(found?.index ?? -1).toBe(expected);
      }
    }),
  );
});
