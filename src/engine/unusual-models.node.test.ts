// Models that ONNX allows and that are far from the usual, through the whole of the main job with the real ONNX Runtime.
import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../adapters/node/engine.fixture';
import { concatBytes, defaultRecipe, quietContext, StudioError, unzipBundle, verifyBundle, writeModel } from '../core/index';
import { writeNpy } from '../core/base/npy';
import { createRng } from '../core/base/rng';
import type { Model } from '../core/ir/model';
import type { DType, Tensor } from '../core/ir/tensor';
import { floats, ints, modelOf, random } from '../core/passes/sketch.fixture';

const rng = createRng(7);

async function converted(model: Model, strict = true) {
  const { engine, written } = memoryEngine();
  const summary = await engine.open([{ name: 'm.onnx', data: writeModel(model) }], {});
  await engine.useSyntheticData({ samples: 3, seed: 1 });
  await engine.calibrate({ samples: 3, provider: 'wasm' });
  const conversion = await engine.convert(defaultRecipe, { sampleIndex: 0, strict });
  await engine.exportBundle({ formats: [], level: 0 });
  const files = unzipBundle(concatBytes(written.chunks), 'm.zip');
  const report = await verifyBundle(files, quietContext());
  expect(report.faults).toEqual([]);
  const manifest = JSON.parse(new TextDecoder().decode(files.get('manifest.json'))) as { readonly outputs: readonly string[] };
  return { engine, summary, conversion, outputs: manifest.outputs };
}

const failure = (work: Promise<unknown>): Promise<StudioError> =>
  work.then(
    () => expect.unreachable(),
    (e: unknown) => (e instanceof StudioError ? e : expect.unreachable(String(e))),
  );

const of = (dtype: DType, t: Tensor): Tensor => ({
  dtype,
  shape: t.shape,
  data: dtype === 'float64' ? Float64Array.from(t.data as Float32Array) : t.data,
});

describe.each(['bfloat16', 'float64', 'float16'] as const)('%s', (dtype) => {
  test('weights behind a Cast', async () => {
    const { conversion } = await converted(
      modelOf({
        inputs: { x: [1, 3, 4, 4] },
        outputs: 'y',
        constants: { w16: of(dtype, random(rng, [4, 3, 1, 1])) },
        nodes: [
          { op: 'Cast', in: 'w16', out: 'w', attrs: { to: 1 } },
          { op: 'Conv', in: 'x w', out: 'c' },
          { op: 'Relu', in: 'c', out: 'y' },
        ],
      }),
    );
    expect(conversion.logitsSqnrDb).toBeGreaterThan(30);
  });

  test('the whole network', async () => {
    const { conversion } = await converted(
      modelOf({
        inputs: { x: ['N', 3, 4, 4] },
        inputTypes: { x: dtype, y: dtype },
        outputs: 'y',
        constants: { w: of(dtype, random(rng, [4, 3, 1, 1])) },
        nodes: [
          { op: 'Conv', in: 'x w', out: 'c' },
          { op: 'Relu', in: 'c', out: 'y' },
        ],
      }),
    );
    expect(conversion.logitsSqnrDb).toBeGreaterThan(30);
  });
});

describe('outputs of whole numbers', () => {
  test('an ArgMax at the end leaves with a warning: the integers end at its input', async () => {
    const { summary, outputs, engine } = await converted(
      modelOf({
        inputs: { x: [1, 6] },
        inputTypes: { y: 'int64' },
        outputs: 'y',
        constants: { w: random(rng, [6, 5]) },
        nodes: [
          { op: 'MatMul', in: 'x w', out: 'l' },
          { op: 'ArgMax', in: 'l', out: 'y', attrs: { axis: 1 } },
        ],
      }),
    );
    expect(outputs).toEqual(['l']);
    expect(summary.warnings).toMatchObject([{ code: 'whole-output', message: expect.stringMatching(/y holds int64.*end at l/) as string }]);
    await engine.useSyntheticData({ samples: 3, seed: 1 });
  });

  test('the indices of a MaxPool leave, its maxima stay', async () => {
    const { outputs } = await converted(
      modelOf({
        inputs: { x: [1, 3, 4, 4] },
        inputTypes: { i: 'int64' },
        outputs: 'y i',
        nodes: [{ op: 'MaxPool', in: 'x', out: 'y i', attrs: { kernel_shape: [2, 2] } }],
      }),
    );
    expect(outputs).toEqual(['y']);
  });

  test('where no real number is computed, conversion refuses by name', async () => {
    const error = await failure(
      converted(
        modelOf({
          inputs: { x: [1, 6] },
          inputTypes: { y: 'int64' },
          outputs: 'y',
          nodes: [{ op: 'ArgMax', in: 'x', out: 'y', attrs: { axis: 1 } }],
        }),
      ),
    );
    expect(error.code).toBe('unsupported-dtype');
    expect(error.message).toMatch(/output y holds whole numbers/);
  });
});

describe('inputs of whole numbers', () => {
  const model = (dtype: DType) =>
    modelOf({
      inputs: { x: [1, 6] },
      inputTypes: { x: dtype },
      outputs: 'y',
      constants: { w: random(rng, [6, 5]) },
      nodes: [
        { op: 'Cast', in: 'x', out: 'f', attrs: { to: 1 } },
        { op: 'MatMul', in: 'f w', out: 'y' },
      ],
    });

  test.each(['uint8', 'int8'] as const)('%s data go through a Cast that runs in float', async (dtype) => {
    const { conversion } = await converted(model(dtype), false);
    expect(conversion.logitsSqnrDb).toBeGreaterThan(30);
  });

  test.each([4, -1])(
    'a token %i that the vocabulary lacks is named before any float runs, at calibration and at evaluation',
    async (token) => {
      const tokens = (...ids: number[]) => {
        const data = BigInt64Array.from(ids, BigInt);
        return [{ name: 'x.npy', data: writeNpy({ dtype: 'int64', shape: [ids.length / 2, 2], data }) }];
      };
      const embedding = modelOf({
        inputs: { x: [1, 2] },
        inputTypes: { x: 'int64' },
        outputs: 'y',
        constants: { table: random(rng, [4, 3]) },
        nodes: [{ op: 'Gather', in: 'table x', out: 'y' }],
      });
      const { engine } = memoryEngine();
      await engine.open([{ name: 'm.onnx', data: writeModel(embedding) }], {});
      await engine.useData(tokens(0, 1, 2, token), { role: 'calibration' });
      const refused = {
        code: 'bad-data',
        fields: { expected: '0 to 3', where: { value: 'x', sample: expect.stringMatching('1') as string } },
      };
      expect(await failure(engine.calibrate({ samples: 2, provider: 'wasm' }))).toMatchObject(refused);
      await engine.calibrate({ samples: 1, provider: 'wasm' });
      await engine.convert(defaultRecipe, { sampleIndex: 0, strict: true });
      await engine.useData(tokens(0, 1, 2, token), { role: 'evaluation' });
      expect(await failure(engine.evaluate({ samples: undefined }))).toMatchObject(refused);
    },
  );

  test('a type that no data can have is refused when the model is opened', async () => {
    const { engine } = memoryEngine();
    const error = await failure(engine.open([{ name: 'm.onnx', data: writeModel(model('uint16')) }], {}));
    expect([error.code, error.fields.got]).toEqual(['unsupported-dtype', 'uint16']);
  });
});

test.each([
  [[4, 5], 1],
  [[4, 1], 0.5],
] as const)('a Gemm whose C is %j, with beta %f, becomes a product and an Add', async (shape, beta) => {
  const { conversion } = await converted(
    modelOf({
      inputs: { x: [4, 6] },
      outputs: 'y',
      constants: { w: random(rng, [6, 5]), c: random(rng, shape) },
      nodes: [{ op: 'Gemm', name: 'fc', in: 'x w c', out: 'y', attrs: { beta: { float: beta } } }],
    }),
  );
  expect(conversion.layers.map((l) => l.kind)).toEqual(['gemm', 'add']);
  expect(conversion.logitsSqnrDb).toBeGreaterThan(30);
});

test('weights that float32 cannot scale are told', async () => {
  const { conversion } = await converted(
    modelOf({
      inputs: { x: [1, 2] },
      outputs: 'y',
      constants: { w: floats([2, 2], [1e-40, 1e-42, -1e-41, 1e-39]) },
      nodes: [{ op: 'MatMul', name: 'fc', in: 'x w', out: 'y' }],
    }),
  );
  expect(conversion.warnings).toContainEqual(expect.objectContaining({ code: 'lost-weights', node: 'fc' }));
});

test('a network of moves alone', async () => {
  const { outputs } = await converted(
    modelOf({
      inputs: { x: [1, 3, 4, 4] },
      outputs: 'y',
      constants: { s: ints(1, -1) },
      nodes: [
        { op: 'MaxPool', in: 'x', out: 'p', attrs: { kernel_shape: [2, 2] } },
        { op: 'Reshape', in: 'p s', out: 'y' },
      ],
    }),
  );
  expect(outputs).toEqual(['y']);
});

test('nothing but an Identity', async () => {
  const { outputs } = await converted(modelOf({ inputs: { x: [1, 3] }, outputs: 'y', nodes: [{ op: 'Identity', in: 'x', out: 'y' }] }));
  expect(outputs).toHaveLength(1);
});

test('names that every object of JavaScript knows: inputs, tensors, layers, weights and outputs', async () => {
  const { outputs, conversion } = await converted(
    modelOf({
      inputs: { ['__proto__']: [1, 4], constructor: [1, 4] },
      outputs: '__defineGetter__ toString',
      constants: { hasOwnProperty: random(rng, [4, 3]), prototype: random(rng, [3, 2]) },
      nodes: [
        { op: 'Add', name: 'toString', in: '__proto__ constructor', out: 'valueOf' },
        { op: 'MatMul', name: '__proto__', in: 'valueOf hasOwnProperty', out: 'isPrototypeOf' },
        { op: 'MatMul', name: 'constructor', in: 'isPrototypeOf prototype', out: '__defineGetter__' },
        { op: 'Relu', name: 'prototype', in: 'isPrototypeOf', out: 'toString' },
      ],
    }),
  );
  expect(outputs).toEqual(['__defineGetter__', 'toString']);
  expect(conversion.islands).toEqual([]);
});
