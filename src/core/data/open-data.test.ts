import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { utf8Encode } from '../base/bytes';
import { StudioError } from '../base/errors';
import { writeNpy, type NpyArray } from '../base/npy';
import type { Preprocessing, SampleSource } from '../calibrate/types';
import { openData } from './open-data';
import { preprocess } from './preprocessing';
import type { DataFile, ModelInput } from './source';
import { syntheticSource } from './synthetic';

const gray: ModelInput = { name: 'input', dtype: 'float32', shape: [1, 1, 2, 3] };
const rgb: ModelInput = { name: 'input', dtype: 'float32', shape: [1, 3, 2, 2] };

function file(path: string, bytes: Uint8Array): DataFile {
  return { path, read: () => Promise.resolve(bytes) };
}

function npz(arrays: Readonly<Record<string, NpyArray>>, level: 0 | 6 = 6): DataFile {
  const entries = Object.fromEntries(Object.entries(arrays).map(([name, a]) => [`${name}.npy`, writeNpy(a)]));
  return file('set.npz', zipSync(entries, { level }));
}

/** Files whose bytes are the pixels: [height, width, ...RGB]; anything else does not decode. */
function decodeImage(bytes: Uint8Array) {
  const [height, width] = bytes;
  if (height === undefined || width === undefined || bytes.length !== 2 + height * width * 3) throw new Error('unexpected end of image');
  return { width, height, channels: 3, data: bytes.subarray(2) };
}

function open(files: readonly DataFile[], inputs: readonly ModelInput[], preprocessing?: Partial<Preprocessing>): Promise<SampleSource> {
  return openData(files, inputs, preprocessing === undefined ? { decodeImage } : { decodeImage, preprocessing });
}

async function numbers(source: SampleSource, index: number): Promise<number[]> {
  const sample = await source.sample(index);
  const [first] = sample.inputs.values();
  return Array.from<number | bigint, number>(first?.data ?? [], Number);
}

async function failure(work: Promise<unknown>): Promise<StudioError> {
  const e: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (e instanceof StudioError) return e;
  throw new Error(`expected a StudioError, got ${String(e)}`);
}

const floats = { dtype: 'float32', shape: [2, 1, 2, 3], data: Float32Array.from({ length: 12 }, (_, i) => i / 4) } as const;

describe('arrays', () => {
  test.each([0, 6] as const)('float32 of a .npz go in as they are, with labels (deflate level %i)', async (level) => {
    const source = await open([npz({ x: floats, y: { dtype: 'int64', shape: [2], data: new BigInt64Array([7n, 3n]) } }, level)], [gray]);
    expect(source.info).toMatchObject({
      kind: 'npz',
      samples: 2,
      hasLabels: true,
      preprocessing: undefined,
      arrays: [{ name: 'x', dtype: 'float32', shape: [2, 1, 2, 3] }],
    });
    expect(await numbers(source, 1)).toEqual([1.5, 1.75, 2, 2.25, 2.5, 2.75]);
    expect((await source.sample(1)).label).toBe(3);
  });

  test('a .npy is one input, float64 and float16 are rounded to float32', async () => {
    const doubles: NpyArray = { dtype: 'float64', shape: [1, 1, 2, 3], data: new Float64Array([0.1, 1, 2, 3, 4, 5]) };
    const source = await open([file('a/b.npy', writeNpy(doubles))], [gray]);
    expect(source.info).toMatchObject({ name: 'b.npy', kind: 'npy', hasLabels: false });
    expect((await numbers(source, 0))[0]).toBe(Math.fround(0.1));
  });

  test('uint8 images are x / 255 unless told otherwise, channels last or first', async () => {
    const data = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
    const last = await open([npz({ x: { dtype: 'uint8', shape: [1, 2, 2, 3], data } })], [rgb]);
    expect(last.info.preprocessing).toEqual({
      resize: undefined,
      size: [2, 2],
      scale: 255,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      layout: 'NCHW',
      channels: 'rgb',
    });
    expect(await numbers(last, 0)).toEqual([0, 60, 120, 180, 20, 80, 140, 200, 40, 100, 160, 220].map((x) => Math.fround(x / 255)));
    const first = await open([npz({ input: { dtype: 'uint8', shape: [1, 3, 2, 2], data } })], [rgb], { scale: 1, channels: 'bgr' });
    expect(await numbers(first, 0)).toEqual([160, 180, 200, 220, 80, 100, 120, 140, 0, 20, 40, 60]);
  });

  test('uint8 images of another size are resized to that of the input, as image files are', async () => {
    const data = Uint8Array.from({ length: 48 }, (_, i) => i * 5);
    const resized = await open([npz({ x: { dtype: 'uint8', shape: [1, 4, 4, 3], data } })], [rgb]);
    const asked = await open([npz({ x: { dtype: 'uint8', shape: [1, 4, 4, 3], data } })], [rgb], { size: [2, 2] });
    expect(resized.info.preprocessing?.size).toEqual([2, 2]);
    expect(await numbers(resized, 0)).toEqual(await numbers(asked, 0));
  });

  test.each(['uint8', 'int8'] as const)('an input of %s takes its numbers as they are', async (dtype) => {
    const input: ModelInput = { name: 'q', dtype, shape: [1, 3] };
    const data = dtype === 'uint8' ? Uint8Array.of(0, 128, 255) : Int8Array.of(-128, 0, 127);
    const source = await open([npz({ q: { dtype, shape: [1, 3], data } })], [input]);
    expect((await source.sample(0)).inputs.get('q')).toEqual({ dtype, shape: [1, 3], data });
    const made = await syntheticSource([input], { samples: 1, seed: 0 }, { warn: () => undefined }).sample(0);
    expect(made.inputs.get('q')).toMatchObject({ dtype, shape: [1, 3] });
    expect((await failure(open([npz({ q: floats })], [{ ...input, shape: [1, 1, 2, 3] }]))).message).toContain(
      `expected ${dtype}, got float32`,
    );
    expect((await failure(open([file('a.jpg', Uint8Array.of(1, 1, 0, 0, 0))], [{ ...input, shape: [1, 3, 1, 1] }]))).message).toContain(
      'takes none',
    );
  });

  test('several inputs take the arrays of their names; tokens become int64', async () => {
    const inputs: ModelInput[] = [
      { name: 'ids', dtype: 'int64', shape: [1, 3] },
      { name: 'mask', dtype: 'int64', shape: [1, 3] },
    ];
    const ids: NpyArray = { dtype: 'int32', shape: [1, 3], data: new Int32Array([5, 6, 7]) };
    const mask: NpyArray = { dtype: 'int64', shape: [1, 3], data: new BigInt64Array([1n, 1n, 0n]) };
    const source = await open([npz({ mask, ids })], inputs);
    expect((await source.sample(0)).inputs.get('ids')).toEqual({ dtype: 'int64', shape: [1, 3], data: new BigInt64Array([5n, 6n, 7n]) });
    expect((await failure(open([npz({ ids })], inputs))).message).toContain('no array for the model input mask');
  });

  test('a wrong shape names the array, what was expected and what came', async () => {
    const e = await failure(open([npz({ x: { ...floats, shape: [2, 1, 3, 2] } })], [gray]));
    expect(e.code).toBe('bad-data');
    expect(e.message).toBe('The array does not fit the model input, expected [N, 1, 2, 3], got [2, 1, 3, 2] [file set.npz, tensor x]');
    const images: NpyArray = { dtype: 'uint8', shape: [1, 4, 4, 3], data: new Uint8Array(48) };
    const square: NpyArray = { dtype: 'uint8', shape: [1, 48], data: images.data };
    expect((await failure(open([npz({ x: square })], [rgb]))).message).toContain('uint8 Nx2x2x3 or Nx3x2x2, got uint8 1x48');
  });

  test('a batch that is built into the model takes as many rows a sample; what fills none is left out', async () => {
    const rows = { dtype: 'float32', shape: [5, 1, 2, 3], data: Float32Array.from({ length: 30 }, (_, i) => i) } as const;
    const labels = { dtype: 'int64', shape: [5], data: new BigInt64Array(5) } as const;
    const batch: ModelInput = { ...gray, shape: [2, 1, 2, 3] };
    const source = await open([npz({ x: rows, y: labels })], [batch]);
    expect(source.info).toMatchObject({ samples: 2, hasLabels: false, arrays: [{ shape: [5, 1, 2, 3] }] });
    expect((await source.sample(1)).inputs.get('input')).toEqual({ dtype: 'float32', shape: [2, 1, 2, 3], data: rows.data.slice(12, 24) });
    const pixels = file('a.png', new Uint8Array([2, 2, ...Array.from({ length: 12 }, (_, i) => i)]));
    const images = await open([pixels, { ...pixels, path: 'b.png' }], [{ ...rgb, shape: [2, 3, 2, 2] }]);
    const both = (await images.sample(0)).inputs.get('input');
    expect(both?.shape).toEqual([2, 3, 2, 2]);
    expect(both?.data.slice(12)).toEqual(both?.data.slice(0, 12));
    const few = await failure(open([npz({ x: rows })], [{ ...gray, shape: [6, 1, 2, 3] }]));
    expect(few.fields).toMatchObject({ code: 'bad-data', expected: '6 rows or more', got: '5' });
  });

  test('inputs that share no batch are whole in every sample', async () => {
    const a: ModelInput = { name: 'a', dtype: 'float32', shape: [2, 3] };
    const b: ModelInput = { name: 'b', dtype: 'float32', shape: [1, 3] };
    const data = Float32Array.from({ length: 12 }, (_, i) => i);
    const arrays = (shape: readonly number[]) =>
      npz({ a: { dtype: 'float32', shape, data }, b: { dtype: 'float32', shape: [2, 3], data: data.slice(0, 6) } });
    const source = await open([arrays([2, 2, 3])], [a, b]);
    expect((await source.sample(1)).inputs.get('a')).toEqual({ dtype: 'float32', shape: [2, 3], data: data.slice(6) });
    expect((await failure(open([arrays([4, 3])], [a, b]))).fields).toMatchObject({ code: 'bad-data', got: '[4, 3]' });
  });

  test('NaN in the data names the sample', async () => {
    const data = floats.data.slice();
    data[8] = NaN;
    const source = await open([npz({ x: { ...floats, data } })], [gray]);
    await source.sample(0);
    const e = await failure(source.sample(1));
    expect(e.code).toBe('not-finite');
    expect(e.fields.where).toEqual({ file: 'set.npz', value: 'x', sample: '1' });
  });

  test('broken files are told by what and where', async () => {
    const whole = await npz({ x: floats }).read();
    expect((await failure(open([file('set.npz', whole.subarray(0, whole.length - 30))], [gray]))).code).toBe('truncated');
    const flipped = (await npz({ y: { dtype: 'int64', shape: [2], data: new BigInt64Array(2) }, x: floats }, 0).read()).slice();
    const at = flipped.findLastIndex((b, i) => b === 0x30 && flipped[i + 1] === 0x40);
    expect(at).toBeGreaterThan(0); // in 2.75, the last of the numbers
    flipped[at] = 0x31;
    const damaged = await failure(open([file('set.npz', flipped)], [gray]));
    expect([damaged.code, damaged.fields.where]).toEqual(['bad-data', { file: 'set.npz', value: 'x' }]);
    expect((await failure(open([file('set.npz', new Uint8Array(0))], [gray]))).code).toBe('empty-file');
    expect((await failure(open([file('notes.txt', utf8Encode('hello'))], [gray]))).message).toContain('notes.txt');
    expect((await failure(open([file('set.npz', zipSync({ 'a.txt': utf8Encode('x') }))], [gray]))).message).toContain('no .npy array');
    expect(
      (await failure(open([npz({ x: floats, y: { dtype: 'int64', shape: [1], data: new BigInt64Array(1) } })], [gray]))).message,
    ).toContain('Wrong labels');
  });
});

describe('image files', () => {
  const image = (v: number) => Uint8Array.from([2, 2, ...new Array<number>(12).fill(v)]);

  test('labels come from labels.csv and samples are in path order', async () => {
    const files = [
      file('set/b.png', image(2)),
      file('set/a.jpg', image(1)),
      file('set/labels.csv', utf8Encode('file,label\r\na.jpg,4\nb.png,9\n')),
      file('set/notes.txt', utf8Encode('')),
    ];
    const source = await open(files, [rgb], { scale: 1 });
    expect(source.info).toMatchObject({ name: 'set', kind: 'images', samples: 2, hasLabels: true });
    const samples = [await source.sample(0), await source.sample(1)];
    expect(samples.map((s) => [s.id, s.label])).toEqual([
      ['set/a.jpg', 4],
      ['set/b.png', 9],
    ]);
    expect(await numbers(source, 1)).toEqual(new Array(12).fill(2));
  });

  test('without it they come from subfolders, by sorted name or by number', async () => {
    const named = await open([file('s/dog/1.jpg', image(0)), file('s/cat/2.jpg', image(0))], [rgb]);
    expect([(await named.sample(0)).label, (await named.sample(1)).label]).toEqual([0, 1]);
    const numeric = await open([file('s/10/1.jpg', image(0)), file('s/2/2.jpg', image(0))], [rgb]);
    expect([(await numeric.sample(0)).label, (await numeric.sample(1)).label]).toEqual([10, 2]);
    const flat = await open([file('s/1.jpg', image(0)), file('s/2.jpg', image(0))], [rgb]);
    expect(flat.info.hasLabels).toBe(false);
  });

  test('an image that does not decode names its file', async () => {
    const source = await open([file('s/bad.jpg', new Uint8Array([1, 2, 3]))], [rgb]);
    const e = await failure(source.sample(0));
    expect(e.code).toBe('bad-data');
    expect(e.message).toContain('unexpected end of image');
    expect(e.fields.where?.file).toBe('s/bad.jpg');
  });

  test('images for a model that takes none are refused', async () => {
    const tokens: ModelInput = { name: 'ids', dtype: 'int64', shape: [1, 8] };
    expect((await failure(open([file('a.jpg', image(0))], [tokens]))).message).toContain('takes none');
  });
});

describe('preprocessing', () => {
  test('each step is rounded to float32', () => {
    const p: Preprocessing = {
      resize: undefined,
      size: [1, 2],
      scale: 255,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      layout: 'NHWC',
      channels: 'rgb',
    };
    const f = Math.fround;
    const expected = [10, 20, 30, 250, 0, 128].map((x, i) => f(f(f(x / 255) - f(p.mean[i % 3] as number)) / f(p.std[i % 3] as number)));
    expect([...preprocess({ width: 2, height: 1, channels: 3, data: Uint8Array.from([10, 20, 30, 250, 0, 128]) }, p)]).toEqual(expected);
  });

  test('a resize smaller than the crop, or a wrong number of means, is bad usage', async () => {
    const x: NpyArray = { dtype: 'uint8', shape: [1, 2, 2, 3], data: new Uint8Array(12) };
    expect((await failure(open([npz({ x })], [rgb], { resize: 1 }))).code).toBe('bad-usage');
    expect((await failure(open([npz({ x })], [rgb], { mean: [0, 0] }))).message).toContain('expected 1 or 3, got 2');
    expect((await failure(open([npz({ x })], [rgb], { std: [0] }))).code).toBe('bad-usage');
  });
});

describe('synthetic data', () => {
  test('warn, depend on seed and index only, and differ between them', async () => {
    const warnings: string[] = [];
    const make = (seed: number) => syntheticSource([gray], { samples: 4, seed }, { warn: (w) => warnings.push(w.code) });
    const [a, b, c] = [make(1), make(1), make(2)];
    expect(await numbers(a, 3)).toEqual(await numbers(b, 3));
    expect(await numbers(a, 3)).not.toEqual(await numbers(a, 2));
    expect(await numbers(a, 3)).not.toEqual(await numbers(c, 3));
    expect(warnings).toEqual(['synthetic-data', 'synthetic-data', 'synthetic-data']);
  });
});
